/** The workflow document, as the file has it. Values are plain JSON; nothing here changes one in place. */

import { isDraft } from 'immer'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export interface NodeJson {
  type: string
  version?: number
  title?: string
  enabled?: boolean
  inputs?: Record<string, Json>
  [more: string]: unknown
}

export interface Place {
  x: number
  y: number
  /** Width and height that the user chose, in pixels at zoom 1. */
  w?: number
  h?: number
  collapsed?: boolean
  /** Inputs whose link is shown by name instead of as a wire. */
  named?: string[]
  /** Bends of the wires into this node: input (or "input.index") to points. */
  bends?: Record<string, [number, number][]>
  [more: string]: unknown
}

export interface Frame {
  id: string
  title: string
  x: number
  y: number
  w: number
  h: number
  colour?: string
  /** A note: what is written in it. */
  text?: string
  [more: string]: unknown
}

export interface PublicInput {
  node: string
  input: string
  doc?: string
}

export interface PublicOutput {
  from: string
  doc?: string
}

export interface PortIn {
  to: string[]
  default?: Json
  doc?: string
}

/** What nodes live in: the document itself, or one of its subgraphs. */
export interface Sheet {
  nodes: Record<string, NodeJson>
  layout?: Record<string, Place>
  frames?: Frame[]
}

export interface Subgraph extends Sheet {
  inputs?: Record<string, PortIn>
  outputs?: Record<string, PublicOutput>
  [more: string]: unknown
}

export interface WorkflowDocument extends Sheet {
  calotype: 1
  name?: string
  description?: string
  requires?: Record<string, string>
  inputs?: Record<string, PublicInput>
  outputs?: Record<string, PublicOutput>
  subgraphs?: Record<string, Subgraph>
  [more: string]: unknown
}

/** Which sheet is meant: null for the document, else the name of a subgraph. */
export type SheetName = string | null

export const SUBGRAPH = 'subgraph/'

export function emptyDocument(name: string): WorkflowDocument {
  return { calotype: 1, name, nodes: {} }
}

/** The sheet of that name. An unknown name gives the document: a subgraph may vanish by an undo. */
export function sheetOf(document: WorkflowDocument, name: SheetName): Sheet {
  return (name === null ? undefined : document.subgraphs?.[name]) ?? document
}

export function placeOf(sheet: Sheet, id: string): Place {
  return sheet.layout?.[id] ?? { x: 0, y: 0 }
}

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text that is equal for equal values, whatever the order of their keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const said = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${said.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`
  }
  return value === undefined ? 'null' : JSON.stringify(value)
}

/** Whether two values are equal as JSON. What is shared is not looked into, so that one edit is found quickly. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => equal(v, b[i]))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const said = Object.entries(a).filter(([, v]) => v !== undefined)
  const others = b as Record<string, unknown>
  return said.every(([k, v]) => equal(v, others[k])) && Object.keys(others).filter((k) => others[k] !== undefined).length === said.length
}

/** Whether a part of a document can no longer change: parts of a draft can, and so can what a step just added to one. */
export function isSettled(part: object): boolean {
  return !isDraft(part) && Object.isFrozen(part)
}
