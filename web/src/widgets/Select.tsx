/** The browser's own list. Its options are made when somebody comes near: a graph has thousands of them. */

import { useState } from 'react'
import { flushSync } from 'react-dom'

export interface Option {
  value: string
  label: string
}

interface Props {
  id: string
  label: string
  described?: string | undefined
  shown: Option
  options: () => readonly Option[]
  choose: (value: string) => void
}

export function Select({ id, label, described, shown, options, choose }: Props) {
  const [near, setNear] = useState(false)
  const come = () => !near && flushSync(() => setNear(true)) // before the list opens
  const all = near ? options() : []
  return (
    <select id={id} aria-label={label} aria-describedby={described} aria-invalid={described !== undefined} value={shown.value}
      onPointerEnter={come} onPointerDown={come} onFocus={() => setNear(true)} onBlur={() => setNear(false)} onChange={(e) => choose(e.target.value)}>
      {!all.some((o) => o.value === shown.value) && <option value={shown.value}>{shown.label}</option>}
      {all.map((o) => (
        <option key={o.value} value={o.value}>
          {o.label}
        </option>
      ))}
    </select>
  )
}
