/** Text: one line, or many. What is typed is one step, and Ctrl+Z inside takes back letters as everywhere. */

import { useEffect, useRef, useState } from 'react'
import type { WidgetProps } from './kinds'

/** The text as typed; given on at once, and taken from the document when that changes otherwise. */
function useText(value: string, set: (next: string, merge: string) => void) {
  const [typed, setTyped] = useState(value)
  const given = useRef(value)
  useEffect(() => {
    if (value !== given.current) {
      given.current = value
      setTyped(value)
    }
  }, [value])
  const change = (next: string) => {
    given.current = next
    setTyped(next)
    set(next, 'text')
  }
  return [typed, change] as const
}

export function TextField({ input, value, label, id, described, set }: WidgetProps) {
  const [typed, change] = useText(textOf(value ?? input.default), set)
  return (
    <div className="area nodrag">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="nowheel"
        value={typed}
        aria-describedby={described}
        aria-invalid={described !== undefined}
        spellCheck={false}
        placeholder={input.doc}
        onChange={(e) => change(e.target.value)}
      />
    </div>
  )
}

export function LineField({ input, value, label, id, described, set }: WidgetProps) {
  const [typed, change] = useText(textOf(value ?? input.default), set)
  return (
    <label className="bar nodrag">
      <span className="name">{label}</span>
      <input id={id} type="text" value={typed} aria-label={label} aria-describedby={described} aria-invalid={described !== undefined} spellCheck={false} onChange={(e) => change(e.target.value)} />
    </label>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
}
