/** Everything else: lists and objects as JSON text, taken when they read well. */

import { useState } from 'react'
import { t } from '@/app/i18n'
import type { Json } from '@/model/document'
import type { WidgetProps } from './kinds'

export function JsonField({ input, value, label, id, described, set }: WidgetProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const shown = value ?? input.default
  const [bad, setBad] = useState(false)
  const commit = () => {
    if (typed === null) return
    const next = read(typed)
    setBad(next === null)
    if (next === null) return
    set(next.value)
    setTyped(null)
  }
  return (
    <label className="bar nodrag" title={bad ? t('json.bad') : undefined}>
      <span className="name">{label}</span>
      <input id={id} type="text" spellCheck={false} aria-label={label} aria-describedby={described} aria-invalid={bad || described !== undefined}
        value={typed ?? (shown === undefined ? '' : JSON.stringify(shown))} onChange={(e) => setTyped(e.target.value)} onBlur={commit} onKeyDown={(e) => e.key === 'Enter' && commit()} />
    </label>
  )
}

function read(text: string): { value: Json | undefined } | null {
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return null
  }
}
