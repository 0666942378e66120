/** One of some words or numbers: the browser's own list, which every hand and reader knows. */

import { core } from '@/model/sockets'
import type { WidgetProps } from './kinds'

export function ChoiceField({ input, value, label, id, described, set }: WidgetProps) {
  const socket = core(input.socket)
  const values = typeof socket === 'object' && 'choice' in socket ? socket.choice : []
  const shown = value ?? input.default
  const at = values.findIndex((v) => v === shown)
  return (
    <label className="bar select nodrag">
      <span className="name">{label}</span>
      <select id={id} aria-label={label} aria-describedby={described} aria-invalid={described !== undefined} value={at} onChange={(e) => set(values[Number(e.target.value)])}>
        {at < 0 && <option value={-1}>{shown === undefined ? '' : JSON.stringify(shown)}</option>}
        {values.map((v, i) => (
          <option key={String(v)} value={i}>
            {String(v)}
          </option>
        ))}
      </select>
    </label>
  )
}
