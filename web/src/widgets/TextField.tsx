/** Text: one line, or many. What is typed is one step, and Ctrl+Z inside takes back letters as everywhere. */

import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { canvas } from '@/canvas/gestures'
import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { patchPlace } from '@/model/operations'
import { Embeddings } from './Embeddings'
import type { WidgetProps } from './kinds'
import { weighted } from './weights'

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

const STEP = 0.05

export function TextField({ node, input, value, label, id, described, set }: WidgetProps) {
  const [typed, change] = useText(textOf(value ?? input.default), set)
  const [area, setArea] = useState<HTMLTextAreaElement | null>(null)
  const onKey = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    const way = e.key === 'ArrowUp' ? 1 : e.key === 'ArrowDown' ? -1 : 0
    if (way === 0 || e.shiftKey || e.altKey || !(e.ctrlKey || e.metaKey)) return
    e.preventDefault()
    reweigh(e.currentTarget, way * STEP)
  }
  return (
    <div className="area nodrag">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        ref={setArea}
        className="nowheel"
        dir="auto"
        value={typed}
        aria-describedby={described}
        aria-invalid={described !== undefined}
        spellCheck={false}
        placeholder={id.startsWith('form-') ? undefined : input.doc}
        onKeyDown={onKey}
        onChange={(e) => change(e.target.value)}
      />
      <Embeddings area={area} text={typed} />
      {id.startsWith('node-') && <Grip node={node} />}
    </div>
  )
}

/** Change the weight of the chosen words as typing would, so that Ctrl+Z takes it back. */
function reweigh(area: HTMLTextAreaElement, by: number): void {
  const edit = weighted({ text: area.value, start: area.selectionStart, end: area.selectionEnd }, by)
  if (!edit) return
  const tail = area.value.length - (edit.text.length - edit.end)
  area.setSelectionRange(edit.start, tail)
  typeInto(area, edit.text.slice(edit.start, edit.end))
  area.setSelectionRange(edit.start, edit.end)
}

/** Replace what is chosen as typing would: the browser's own undo knows it. */
export function typeInto(area: HTMLTextAreaElement, text: string): void {
  // The one way to edit a field with its undo; deprecated without a successor, and everywhere there.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (!document.execCommand('insertText', false, text)) {
    area.setRangeText(text)
    area.dispatchEvent(new Event('input', { bubbles: true }))
  }
}

/** Drag the corner: the node gets the height. */
function Grip({ node }: { node: string }) {
  const from = useRef<{ y: number; h: number } | null>(null)
  const onDown = (e: PointerEvent<HTMLSpanElement>) => {
    e.stopPropagation()
    from.current = { y: e.clientY, h: e.currentTarget.closest<HTMLElement>('.node')?.offsetHeight ?? 0 }
    e.currentTarget.setPointerCapture(e.pointerId)
  }
  const onMove = (e: PointerEvent) => {
    if (!from.current) return
    const h = Math.round(from.current.h + (e.clientY - from.current.y) / (canvas()?.rf.getZoom() ?? 1))
    useEditor.getState().edit(t('step.resize'), onSheet((sheet) => patchPlace(sheet, node, { h })), `${node}.height${from.current.y}`)
  }
  return <span className="grip-corner" title={t('text.resize')} onPointerDown={onDown} onPointerMove={onMove} onPointerUp={() => (from.current = null)} onPointerCancel={() => (from.current = null)} />
}

export function LineField({ input, value, label, id, described, set }: WidgetProps) {
  const [typed, change] = useText(textOf(value ?? input.default), set)
  return (
    <label className="bar nodrag">
      <span className="name">{label}</span>
      <input id={id} type="text" dir="auto" value={typed} aria-label={label} aria-describedby={described} aria-invalid={described !== undefined} spellCheck={false} onChange={(e) => change(e.target.value)} />
    </label>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
}
