/** Sweeps: which inputs can take several values, and the values as they are written. */

import { takesLiteral, type Catalogue, type InputType } from './catalogue'
import type { Json, WorkflowDocument } from './document'
import { calledOf } from './inside'
import { linkedTo } from './links'
import { core } from './sockets'

/** An input that can be swept. place: its public name, or "node.input", as the server takes it. */
export interface Sweepable {
  place: string
  /** Its public name, or the node as the canvas shows it and the input. */
  label: string
  node: string
  input: InputType
  value: Json | undefined
}

export interface Axis {
  place: string
  /** Values as they were written. */
  text: string
}

/** Public inputs first, then every other input that takes a value. */
export function sweepable(document: WorkflowDocument, catalogue: Catalogue): Sweepable[] {
  const publicName = new Map(Object.entries(document.inputs ?? {}).map(([name, at]) => [`${at.node}.${at.input}`, name]))
  const found = Object.entries(document.nodes).flatMap(([node, said]) =>
    (catalogue.get(said.type)?.inputs ?? []).flatMap((input): Sweepable[] => {
      const value = said.inputs?.[input.name] ?? input.default
      if (!takesLiteral(input.socket) || input.variadic || linkedTo(value) !== null || input.socket === 'Any' || input.socket === 'Secret') return []
      const place = `${node}.${input.name}`
      const name = publicName.get(place)
      return [{ place: name ?? place, label: name ?? `${calledOf(said, node)} · ${input.name}`, node, input, value }]
    }))
  return found.sort((a, b) => Number(a.place.includes('.')) - Number(b.place.includes('.')))
}

const MOST = 1_000
const RANGE = /^(-?\d+(?:\.\d+)?)\s*(?:\.\.|…|to)\s*(-?\d+(?:\.\d+)?)(?:\s*(?:step|by)\s*(\d+(?:\.\d+)?))?$/i

/**
 * The values that a text means, for an input; null where it cannot be read.
 *
 * Numbers: "2, 4, 8" or "1..9 step 2"; several of both. Words to choose from and files: with commas. Free text: one a
 * line.
 */
export function valuesOf(text: string, input: InputType): Json[] | null {
  const socket = core(input.socket)
  if (socket === 'str') return distinct(text.split('\n').map((line) => line.trim()).filter(Boolean))
  const parts = text.split(/[,\n]/).map((p) => p.trim()).filter(Boolean)
  const values: Json[] = []
  for (const part of parts) {
    const more = oneOf(part, input)
    if (more === null || values.length + more.length > MOST) return null
    values.push(...more)
  }
  return distinct(values)
}

function oneOf(part: string, input: InputType): Json[] | null {
  const socket = core(input.socket)
  if (socket === 'bool') return /^(true|on|yes)$/i.test(part) ? [true] : /^(false|off|no)$/i.test(part) ? [false] : null
  if (socket === 'FileRef') return [{ file: part }]
  if (typeof socket === 'object' && 'choice' in socket) {
    const found = socket.choice.find((c) => String(c) === part)
    return found === undefined ? null : [found]
  }
  const whole = socket === 'int'
  const range = RANGE.exec(part)
  if (range) return counted(Number(range[1]), Number(range[2]), range[3] === undefined ? (whole ? 1 : (input.step ?? 1)) : Number(range[3]))
  const number = Number(part)
  if (socket === 'int' || socket === 'float') return Number.isFinite(number) && (!whole || Number.isInteger(number)) ? [number] : null
  return Number.isFinite(number) ? [number] : [part]
}

function counted(from: number, to: number, step: number): number[] | null {
  const count = Math.floor(Math.abs(to - from) / step + 1e-9) + 1
  if (step <= 0 || count > MOST) return null
  const way = to < from ? -step : step
  return Array.from({ length: count }, (_, i) => Math.round((from + i * way) * 1e6) / 1e6)
}

function distinct(values: Json[]): Json[] {
  return [...new Map(values.map((v) => [JSON.stringify(v), v])).values()]
}

/** What an axis begins with: the value that the input has now. */
export function written(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object' && !Array.isArray(value) && typeof value.file === 'string') return value.file
  return typeof value === 'string' ? value : JSON.stringify(value)
}
