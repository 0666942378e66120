/** Yes or no. */

import type { WidgetProps } from './kinds'

export function ToggleField({ input, value, label, id, described, set }: WidgetProps) {
  const on = (value ?? input.default) === true
  return (
    <label className="bar toggle nodrag">
      <span className="name">{label}</span>
      <input id={id} type="checkbox" role="switch" checked={on} aria-label={label} aria-describedby={described} onChange={(e) => set(e.target.checked)} />
    </label>
  )
}
