/** One of some words or numbers: the browser's own list for a few, one with search for many. */

import { core } from '@/model/sockets'
import { Combo } from './Combo'
import type { WidgetProps } from './kinds'
import { Select } from './Select'

const FEW = 8

export function ChoiceField({ input, value, label, id, described, set }: WidgetProps) {
  const socket = core(input.socket)
  const values = typeof socket === 'object' && 'choice' in socket ? socket.choice : []
  const held = value ?? input.default
  const at = values.findIndex((v) => v === held)
  const shown = { value: String(at), label: held === undefined || held === null ? '' : typeof held === 'string' ? held : JSON.stringify(held), bad: at < 0 && held !== undefined && held !== null }
  const options = () => values.map((v, i) => ({ value: String(i), label: String(v) }))
  const choose = (i: string) => set(values[Number(i)])
  const props = { id, label, described, shown, choose, options }
  if (values.length <= FEW) {
    return (
      <label className="bar select nodrag">
        <span className="name">{label}</span>
        <Select {...props} />
      </label>
    )
  }
  return (
    <div className="bar select nodrag">
      <span className="name" aria-hidden="true">{label}</span>
      <Combo {...props} />
    </div>
  )
}
