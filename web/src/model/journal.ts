/** What became of a history since the server heard of it last: small enough to be sent after every edit. */

import { canonical } from './document'
import { travelled, type History, type Step } from './history'

/** The steps that stay, those that follow, and after how many of them the document stands. */
export interface Delta {
  keep: number
  tail: Step[]
  at: number
}

/** What the server has: a history, from its step `start` on. */
export interface Kept {
  history: History
  start: number
}

/** How many characters of steps are sent with a whole draft. */
export const MOST_STEPS = 1_000_000

function line(history: History): Step[] {
  return [...history.past, ...history.future]
}

/** Redoing closes a step and so makes another of it; its patches stay the very same. */
function same(a: Step | undefined, b: Step | undefined): boolean {
  return a !== undefined && a.patches === b?.patches
}

/** The newest steps that fit into so many characters. */
export function bounded(history: History, most = MOST_STEPS): Kept {
  let left = most
  const fits = (step: Step) => (left -= JSON.stringify(step).length) >= 0
  const dropped = history.past.findLastIndex((step) => !fits(step))
  const start = dropped + 1
  const far = history.future.findIndex((step) => !fits(step))
  const future = far < 0 ? history.future : history.future.slice(0, far)
  return { history: { ...history, future }, start }
}

/** What has to be sent, and what the server has then; null where only the whole will do. */
export function delta(kept: Kept, now: History): { delta: Delta; kept: Kept } | null {
  const before = line(kept.history)
  const after = line(now)
  const found = before.findIndex((step) => same(step, after[0])) // not 0: the oldest were forgotten
  if (found < 0 && !oneOrigin(kept.history, now)) return null
  const shift = Math.max(0, found)
  const start = kept.start - shift
  let common = 0
  while (same(before[shift + common], after[common])) common += 1
  if (common < start || now.past.length < start) return null
  return { delta: { keep: common - start, tail: after.slice(common), at: now.past.length - start }, kept: { history: now, start } }
}

/** Whether two histories without a step in common begin with the same document. */
function oneOrigin(a: History, b: History): boolean {
  return canonical(travelled(a, 0).document) === canonical(travelled(b, 0).document)
}

/** A history after what was sent. */
export function applied(history: History, { keep, tail, at }: Delta): History {
  const back = travelled(history, Math.min(history.past.length, keep))
  const steps = [...line(history).slice(0, keep), ...tail]
  const done = back.past.length
  return travelled({ document: back.document, past: steps.slice(0, done), future: steps.slice(done) }, at)
}
