/** Which widget edits an input. Plugins bring their own by name. */

import type { ComponentType } from 'react'
import type { InputType } from '@/model/catalogue'
import type { Json } from '@/model/document'
import { core, type Socket } from '@/model/sockets'

export interface WidgetProps {
  /** The node on the open sheet, and the input. */
  node: string
  input: InputType
  /** What the document says; undefined where it says nothing and the default counts. */
  value: Json | undefined
  /** Every value of the node, for widgets that look at others. */
  values: Record<string, Json> | undefined
  label: string
  id: string
  /** Names the problem at this input for readers of the page. */
  described?: string | undefined
  /** Set the value. Changes of one gesture share `merge`, and are one step. */
  set: (value: Json | undefined, merge?: string) => void
}

export type Widget = ComponentType<WidgetProps>

export type Kind =
  | 'choice' | 'toggle' | 'seed' | 'integer' | 'number' | 'slider' | 'text' | 'line' | 'file' | 'secret' | 'colour' | 'json' | 'list'

export function kindOf(input: InputType): Kind {
  if (input.role === 'seed') return 'seed'
  if (input.variadic) return 'list'
  const socket: Socket = core(input.socket)
  if (typeof socket === 'object') {
    if ('choice' in socket) return 'choice'
    if ('union' in socket && socket.union.every((m) => m === 'int' || m === 'float')) return numberKind(input, 'number')
    if ('union' in socket && socket.union.some((m) => m === 'str')) return input.multiline ? 'text' : 'line'
    return 'list' in socket ? 'list' : 'json'
  }
  switch (socket) {
    case 'bool':
      return 'toggle'
    case 'int':
      return numberKind(input, 'integer')
    case 'float':
      return numberKind(input, 'number')
    case 'str':
      return input.multiline ? 'text' : /colou?r$/.test(input.name) ? 'colour' : 'line'
    case 'FileRef':
      return 'file'
    case 'Secret':
      return 'secret'
    default:
      return 'json'
  }
}

const FINE = 400

/** A slider where both ends are given and near enough to be told apart. */
function numberKind(input: InputType, otherwise: Kind): Kind {
  if (input.ge === null || input.le === null) return otherwise
  const step = input.step ?? (otherwise === 'integer' ? 1 : 0.01)
  return (input.le - input.ge) / step <= FINE ? 'slider' : otherwise
}

export function isWhole(input: InputType): boolean {
  return core(input.socket) === 'int'
}
