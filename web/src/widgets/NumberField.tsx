/** Numbers: typed, dragged along the bar, stepped with the arrow keys. */

import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { t } from '@/app/i18n'
import { computed } from './arithmetic'
import { isWhole, kindOf, type WidgetProps } from './kinds'

export function NumberField({ input, value, label, id, described, set }: WidgetProps) {
  const shown = typeof value === 'number' ? value : typeof input.default === 'number' ? input.default : null
  const [typed, setTyped] = useState<string | null>(null)
  const drag = useRef<{ x: number; from: number; moved: boolean } | null>(null)
  const step = input.step ?? (isWhole(input) ? 1 : 0.01)
  const give = (next: number, merge?: string) => set(bounded(next, step, input.ge, input.le, isWhole(input)), merge)

  const commit = () => {
    if (typed === null) return
    const number = computed(typed)
    if (number !== null) set(isWhole(input) ? Math.round(number) : number)
    else if (typed.trim() === '' && input.default !== undefined) set(undefined)
    setTyped(null)
  }
  const onKey = (e: KeyboardEvent<HTMLInputElement>) => {
    const way = e.key === 'ArrowUp' ? 1 : e.key === 'ArrowDown' ? -1 : 0
    if (way !== 0) {
      e.preventDefault()
      setTyped(null)
      give((shown ?? 0) + way * step * (e.shiftKey ? 10 : 1), 'keys')
    } else if (e.key === 'Enter') commit()
    else if (e.key === 'Escape' && typed !== null) {
      e.stopPropagation()
      setTyped(null)
    }
  }
  const onDown = (e: PointerEvent<HTMLLabelElement>) => {
    if (e.button !== 0 || e.target instanceof HTMLInputElement && document.activeElement === e.target) return
    drag.current = { x: e.clientX, from: shown ?? 0, moved: false }
    e.currentTarget.setPointerCapture(e.pointerId)
  }
  const onMove = (e: PointerEvent<HTMLLabelElement>) => {
    const held = drag.current
    if (!held || Math.abs(e.clientX - held.x) < 3 && !held.moved) return
    held.moved = true
    const width = e.currentTarget.clientWidth
    const span = kindOf(input) === 'slider' && input.ge !== null && input.le !== null ? ((input.le - input.ge) / width) : step / 3
    give(held.from + (e.clientX - held.x) * span, `drag${held.x}`)
  }
  const onUp = (e: PointerEvent<HTMLLabelElement>) => {
    const moved = drag.current?.moved
    drag.current = null
    if (moved) e.preventDefault()
    else e.currentTarget.querySelector('input')?.focus()
  }
  const share = input.ge !== null && input.le !== null && shown !== null && kindOf(input) === 'slider' ? (shown - input.ge) / (input.le - input.ge) : 0
  return (
    <label className="bar nodrag" onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onPointerCancel={() => (drag.current = null)}>
      <span className="fill" style={{ transform: `scaleX(${Math.min(1, Math.max(0, share))})` }} />
      <span className="name">{label}</span>
      <input
        id={id}
        inputMode={isWhole(input) ? 'numeric' : 'decimal'}
        role="spinbutton"
        data-settled={typed === null}
        aria-label={label}
        aria-describedby={described}
        aria-invalid={described !== undefined}
        aria-valuenow={shown ?? undefined}
        aria-valuemin={input.ge ?? undefined}
        aria-valuemax={input.le ?? undefined}
        placeholder={input.default === null ? t('field.none') : undefined}
        value={typed ?? (shown === null ? '' : said(shown))}
        onFocus={(e) => e.target.select()}
        onChange={(e) => setTyped(e.target.value)}
        onBlur={commit}
        onKeyDown={onKey}
      />
    </label>
  )
}

function said(value: number): string {
  return String(Math.round(value * 1e6) / 1e6)
}

function bounded(value: number, step: number, ge: number | null, le: number | null, whole: boolean): number {
  const snapped = Math.round(value / step) * step
  const clean = whole ? Math.round(snapped) : Math.round(snapped * 1e6) / 1e6
  return Math.min(le ?? Infinity, Math.max(ge ?? -Infinity, clean))
}
