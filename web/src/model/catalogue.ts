/** Node types, as the server's catalogue gives them. */

import type { Json } from './document'
import type { Socket } from './sockets'

export interface InputType {
  name: string
  socket: Socket
  /** Absent where a value or a link must be given. */
  default?: Json
  doc: string
  ge: number | null
  le: number | null
  step: number | null
  multiline: boolean
  folder: string | null
  role: string | null
  lazy: boolean
  variadic: boolean
  least: number
  /** [other input, value]: shown and needed only then. */
  when: [string, Json] | null
  /** The name of a plugin's own widget for it. */
  widget?: string | null
}

export interface OutputType {
  name: string
  socket: Socket
  doc: string
}

export interface NodeType {
  id: string
  category: string
  doc: string
  version: number
  aliases: string[]
  output: boolean
  deprecated: string
  inputs: InputType[]
  outputs: OutputType[]
  plugin?: string
  /** Nothing is known of it but what the document says. */
  unknown?: boolean
}

export type Catalogue = ReadonlyMap<string, NodeType>

const SCALARS = new Set(['int', 'float', 'str', 'bool', 'None', 'Json', 'Any', 'FileRef', 'Secret'])

/** Whether a document may give a value, rather than a link only. */
export function takesLiteral(socket: Socket): boolean {
  if (typeof socket === 'string') return SCALARS.has(socket)
  if ('choice' in socket) return true
  if ('list' in socket) return takesLiteral(socket.list)
  if ('union' in socket) return socket.union.some((m) => m !== 'None' && takesLiteral(m))
  return socket.bound === null || takesLiteral(socket.bound)
}

export function catalogueOf(types: NodeType[]): Catalogue {
  const found = new Map<string, NodeType>()
  for (const type of types) {
    for (const alias of type.aliases) if (!found.has(alias)) found.set(alias, type)
  }
  for (const type of types) found.set(type.id, type)
  return found
}

export function isRequired(input: InputType): boolean {
  return input.default === undefined
}

/** The inputs that count with these values: `when` hides the others. */
export function shownInputs(type: NodeType, values: Record<string, Json> | undefined): InputType[] {
  if (!type.inputs.some((i) => i.when)) return type.inputs
  const defaults = new Map(type.inputs.map((i) => [i.name, i.default]))
  return type.inputs.filter((i) => {
    if (!i.when) return true
    const value = values?.[i.when[0]] ?? defaults.get(i.when[0])
    return JSON.stringify(value) === JSON.stringify(i.when[1])
  })
}
