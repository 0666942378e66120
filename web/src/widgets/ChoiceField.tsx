/** One of some words or numbers. */

import { core } from '@/model/sockets'
import type { WidgetProps } from './kinds'
import { Select } from './Select'

export function ChoiceField({ input, value, label, id, described, set }: WidgetProps) {
  const socket = core(input.socket)
  const values = typeof socket === 'object' && 'choice' in socket ? socket.choice : []
  const held = value ?? input.default
  const at = values.findIndex((v) => v === held)
  const shown = { value: String(at), label: held === undefined ? '' : typeof held === 'string' ? held : JSON.stringify(held) }
  return (
    <label className="bar select nodrag">
      <span className="name">{label}</span>
      <Select id={id} label={label} described={described} shown={shown} choose={(i) => set(values[Number(i)])}
        options={() => values.map((v, i) => ({ value: String(i), label: String(v) }))} />
    </label>
  )
}
