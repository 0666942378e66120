/** The public interface as a form: names, words, headings and order of what people fill in. */

import type { Json, PublicInput, WorkflowDocument } from './document'
import { linkedTo } from './links'
import { setInput } from './operations'

export interface Entry {
  name: string
  said: PublicInput
  /** A heading that stands above it. */
  section: string | null
}

export function entriesOf(document: WorkflowDocument): Entry[] {
  return Object.entries(document.inputs ?? {}).map(([name, said]) => ({ name, said, section: headingOf(said) }))
}

function headingOf(said: PublicInput): string | null {
  const section = (said as { section?: unknown }).section
  return typeof section === 'string' ? section : null
}

/** Why a name cannot be given to an input of the form; null where it can. */
export function nameTaken(document: WorkflowDocument, name: string, to: string): boolean {
  return to !== name && to in (document.inputs ?? {})
}

/** The nearest name that flags of the command line can have. */
export function asName(text: string): string {
  const plain = text.trim().toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^_+|_+$/g, '')
  return /^[a-z]/.test(plain) ? plain : plain === '' ? '' : `input_${plain}`
}

/** Give an input of the form another name, at its place. */
export function renamePublic(document: WorkflowDocument, name: string, to: string): void {
  if (to === '' || to === name || nameTaken(document, name, to)) return
  document.inputs = Object.fromEntries(Object.entries(document.inputs ?? {}).map(([n, said]) => [n === name ? to : n, said]))
}

export function describePublic(document: WorkflowDocument, name: string, doc: string): void {
  const said = document.inputs?.[name]
  if (!said) return
  if (doc === '') Reflect.deleteProperty(said, 'doc')
  else said.doc = doc
}

/** Put a heading above an input; null takes it away. */
export function headPublic(document: WorkflowDocument, name: string, section: string | null): void {
  const said = document.inputs?.[name] as (PublicInput & { section?: string }) | undefined
  if (!said) return
  if (section === null) Reflect.deleteProperty(said, 'section')
  else said.section = section
}

/** Move an input of the form by some places. */
export function movePublic(document: WorkflowDocument, name: string, by: number): void {
  const entries = Object.entries(document.inputs ?? {})
  const at = entries.findIndex(([n]) => n === name)
  const to = Math.max(0, Math.min(entries.length - 1, at + by))
  if (at < 0 || to === at) return
  entries.splice(to, 0, ...entries.splice(at, 1))
  document.inputs = Object.fromEntries(entries)
}

/** The values that another state of the document has for the inputs of the form of this one. */
export function valuesOf(document: WorkflowDocument, older: WorkflowDocument): Map<string, Json | undefined> {
  const found = new Map<string, Json | undefined>()
  for (const [name, { node, input }] of Object.entries(document.inputs ?? {})) {
    const [now, then] = [document.nodes[node], older.nodes[node]]
    if (!now || then?.type !== now.type) continue
    const value = then.inputs?.[input]
    if (linkedTo(now.inputs?.[input]) === null && linkedTo(value) === null) found.set(name, value)
  }
  return found
}

/** Set inputs of the form by their names there. */
export function fillIn(document: WorkflowDocument, values: ReadonlyMap<string, Json | undefined>): void {
  for (const [name, value] of values) {
    const said = document.inputs?.[name]
    if (said) setInput(document, said.node, said.input, value)
  }
}
