/** Weights of words in prompts, as `(words:1.1)`: raised and lowered where the cursor is. */

export interface Edit {
  text: string
  start: number
  end: number
}

const GROUP = /^\((.*?)(?::(\d*\.?\d+))?\)$/s
const PLAIN = 1.1 // what parentheses without a number mean
const BETWEEN = /[\s,.;:()[\]{}"'!?/\\]/

/** The text with the weight of the chosen words changed, and where they are then; null where there is no word. */
export function weighted({ text, start, end }: Edit, by: number): Edit | null {
  const span = grown(text, start === end ? around(text, start) : trimmed(text, start, end))
  if (span.start >= span.end) return null
  const words = text.slice(span.start, span.end)
  const group = GROUP.exec(words)
  const inner = group?.[1] ?? words
  const before = group ? (group[2] === undefined ? PLAIN : Number(group[2])) : 1
  const weight = Math.max(0, Math.round((before + by) * 100) / 100)
  const after = weight === 1 ? inner : `(${inner}:${weight})`
  return { text: text.slice(0, span.start) + after + text.slice(span.end), start: span.start, end: span.start + after.length }
}

interface Span {
  start: number
  end: number
}

/** The innermost group around a place, or the word there. */
function around(text: string, at: number): Span {
  const open = opening(text, at)
  const close = open < 0 ? -1 : closing(text, open)
  if (open >= 0 && close >= at) return { start: open, end: close + 1 }
  let [start, end] = [at, at]
  while (start > 0 && !BETWEEN.test(text[start - 1] ?? ' ')) start -= 1
  while (end < text.length && !BETWEEN.test(text[end] ?? ' ')) end += 1
  return { start, end }
}

function trimmed(text: string, start: number, end: number): Span {
  while (start < end && /\s/.test(text[start] ?? '')) start += 1
  while (end > start && /\s/.test(text[end - 1] ?? '')) end -= 1
  return { start, end }
}

/** Everything inside of a group is the group. */
function grown(text: string, { start, end }: Span): Span {
  const rest = /^(?::\d*\.?\d+)?\)/.exec(text.slice(end))
  return text[start - 1] === '(' && rest ? { start: start - 1, end: end + rest[0].length } : { start, end }
}

function opening(text: string, at: number): number {
  for (let i = at - 1, depth = 0; i >= 0; i -= 1) {
    if (text[i - 1] === '\\') continue
    if (text[i] === ')') depth += 1
    else if (text[i] === '(' && depth-- === 0) return i
  }
  return -1
}

function closing(text: string, open: number): number {
  for (let i = open, depth = 0; i < text.length; i += 1) {
    if (text[i - 1] === '\\') continue
    if (text[i] === '(') depth += 1
    else if (text[i] === ')' && --depth === 0) return i
  }
  return -1
}

/** What is being written after `embedding:` at the end of a text; null where nothing is. */
export function embeddingAt(before: string): string | null {
  return /(?:^|[\s,(])embedding:([\w./-]*)$/.exec(before)?.[1] ?? null
}
