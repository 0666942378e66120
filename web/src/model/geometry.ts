/** How large a node is and where its sockets are: computed from its type and values, never measured. */

import { takesLiteral, shownInputs, type InputType, type NodeType } from './catalogue'
import { isObject, type Json, type NodeJson, type Place } from './document'
import { linkedTo } from './links'

export const WIDTH = 252
export const NARROWEST = 180
export const HEADER = 36
export const ROW = 26
export const FIELD = 34
export const TEXT = 92
export const PICTURE = 200
export const PAD = 10
/** A line that says what is not installed. */
export const NOTE = 24
export const SOCKET = 12
export const COLLAPSED = HEADER

/** Node types whose results are pictures, shown inside of the node. */
const SHOWS = new Set(['SaveImage', 'PreviewImage', 'SaveAnimation', 'LoadImage', 'LoadImageMask'])

export interface Row {
  kind: 'socket' | 'field' | 'text'
  input: InputType
  index: number | null
  linked: boolean
  y: number
  height: number
}

export interface Shape {
  width: number
  height: number
  rows: Row[]
  /** Height of the middle of each output's socket. */
  outputs: { name: string; y: number }[]
  /** Top of the picture area; null where there is none. */
  picture: number | null
  collapsed: boolean
}

export function shapeOf(type: NodeType, node: NodeJson, place: Place): Shape {
  const width = Math.max(NARROWEST, place.w ?? WIDTH)
  if (place.collapsed) return collapsedShape(type, node, width)
  const rows: Row[] = []
  const inputs = shownInputs(type, node.inputs)
  const sockets = inputs.filter((i) => !isField(i, node.inputs?.[i.name]))
  const top = HEADER + 6 + (type.unknown ? NOTE : 0)
  let y = top
  for (const input of sockets) {
    for (const { index, linked } of slots(input, node.inputs?.[input.name])) {
      rows.push({ kind: 'socket', input, index, linked, y, height: ROW })
      y += ROW
    }
  }
  const outputs = type.outputs.map(({ name }, i) => ({ name, y: top + i * ROW + ROW / 2 }))
  y = Math.max(y, top + type.outputs.length * ROW)
  for (const input of inputs) {
    if (!isField(input, node.inputs?.[input.name])) continue
    const kind = isTall(input) ? 'text' : 'field'
    const height = kind === 'text' ? TEXT : FIELD
    rows.push({ kind, input, index: null, linked: false, y, height })
    y += height
  }
  const free = Math.max(0, (place.h ?? 0) - y - PAD)
  y += stretch(rows, free)
  const picture = showsPicture(node.type) ? y + 4 : null
  if (picture !== null) y = picture + Math.max(PICTURE, (place.h ?? 0) - picture - PAD)
  return { width, height: y + PAD, rows, outputs, picture, collapsed: false }
}

/** Give spare height to the last tall field; how much was given. */
function stretch(rows: Row[], free: number): number {
  const tall = rows.filter((r) => r.kind === 'text').at(-1)
  if (!tall || free <= 0) return 0
  tall.height += free
  for (const row of rows) if (row.y > tall.y) row.y += free
  return free
}

function collapsedShape(type: NodeType, node: NodeJson, width: number): Shape {
  const rows = shownInputs(type, node.inputs).flatMap((input) =>
    slots(input, node.inputs?.[input.name]).map(
      ({ index, linked }): Row => ({ kind: 'socket', input, index, linked, y: HEADER / 2 - ROW / 2, height: ROW }),
    ),
  )
  const outputs = type.outputs.map(({ name }) => ({ name, y: HEADER / 2 }))
  return { width, height: COLLAPSED, rows, outputs, picture: null, collapsed: true }
}

export function showsPicture(type: string): boolean {
  return SHOWS.has(type)
}

/** Whether an input is edited in the node: it takes a value, and is not linked. */
export function isField(input: InputType, value: Json | undefined): boolean {
  return takesLiteral(input.socket) && !input.variadic && linkedTo(value) === null && !isPlain(input)
}

/** Inputs of any type are sockets until a value is given. */
function isPlain(input: InputType): boolean {
  return input.socket === 'Any' || (typeof input.socket === 'object' && 'var' in input.socket)
}

export function isTall(input: InputType): boolean {
  return input.multiline || typeof input.widget === 'string'
}

/** The places of an input for links: one, or one for each item and one more. */
function slots(input: InputType, value: Json | undefined): { index: number | null; linked: boolean }[] {
  if (!input.variadic) return [{ index: null, linked: linkedTo(value) !== null }]
  const items = Array.isArray(value) ? value : value === undefined || isEmptyObject(value) ? [] : [value]
  return [...items.map((item, index) => ({ index, linked: linkedTo(item) !== null })), { index: items.length, linked: false }]
}

function isEmptyObject(value: Json): boolean {
  return isObject(value) && Object.keys(value).length === 0
}
