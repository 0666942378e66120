/** A document as a command line: what somebody types to run it without this page. */

import { isObject, type Json, type WorkflowDocument } from './document'

/** `calotype run FILE` with the public inputs as they stand. file: a path or the name of a template. */
export function commandLine(document: WorkflowDocument, file: string): string {
  const flags = Object.entries(document.inputs ?? {}).flatMap(([name, { node, input }]) => {
    const value = document.nodes[node]?.inputs?.[input]
    const text = textOf(value)
    return text === null ? [] : [`--${name} ${quoted(text)}`]
  })
  return ['calotype run', quoted(file), ...flags].join(' ')
}

/** A value as the command line takes it; null for what has no place on one. */
function textOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isObject(value) && typeof value.file === 'string') return value.file
  return null
}

/** One word of a shell: in single quotes where it needs any. */
export function quoted(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
