/** The form while it is made: names, words, headings, order. */

import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { asName, describePublic, headPublic, movePublic, nameTaken, renamePublic, type Entry } from '@/model/form'
import { reorderPublic, unpublish } from '@/model/operations'
import type { WorkflowDocument } from '@/model/document'

const edit = (label: string, change: (d: WorkflowDocument) => void, merge?: string) => useEditor.getState().edit(label, change, merge)

export function FormArrange({ entries }: { entries: readonly Entry[] }) {
  const list = useRef<HTMLOListElement>(null)
  const [held, setHeld] = useState<{ name: string; over: number } | null>(null)
  const onMove = (e: PointerEvent) => {
    if (!held || !list.current) return
    const boxes = [...list.current.children].map((c) => c.getBoundingClientRect())
    const over = boxes.filter((b) => e.clientY > b.top + b.height / 2).length
    if (over !== held.over) setHeld({ ...held, over })
  }
  const onUp = () => {
    if (held) edit(t('step.form.order'), (d) => reorderPublic(d, held.name, entries[held.over]?.name ?? null))
    setHeld(null)
  }
  return (
    <ol ref={list} className="arranging" onPointerMove={onMove} onPointerUp={onUp} onPointerCancel={() => setHeld(null)}>
      {entries.map((entry, i) => (
        <Row key={entry.name} entry={entry} dropping={held?.over === i} held={held?.name === entry.name}
          take={(e) => { e.currentTarget.closest('ol')?.setPointerCapture(e.pointerId); setHeld({ name: entry.name, over: i }) }} />
      ))}
    </ol>
  )
}

function Row({ entry: { name, said, section }, take, dropping, held }: { entry: Entry; take: (e: PointerEvent) => void; dropping: boolean; held: boolean }) {
  const onKey = (e: KeyboardEvent) => {
    const by = e.key === 'ArrowUp' ? -1 : e.key === 'ArrowDown' ? 1 : 0
    if (by === 0) return
    e.preventDefault()
    edit(t('step.form.order'), (d) => movePublic(d, name, by))
    useUi.getState().announce(t(by < 0 ? 'said.form.up' : 'said.form.down', { name }))
  }
  return (
    <li data-dropping={dropping || undefined} data-held={held || undefined}>
      {section !== null && (
        <input type="text" className="section" aria-label={t('form.section', { name })} placeholder={t('form.section.hint')} value={section} onChange={(e) => edit(t('step.form.section'), (d) => headPublic(d, name, e.target.value), `section${name}`)} />
      )}
      <div className="line">
        <button type="button" className="handle" aria-label={t('form.move', { name })} title={t('form.move.keys')} onPointerDown={take} onKeyDown={onKey}><Icon name="handle" size={14} /></button>
        <NameInput name={name} />
        <button type="button" aria-pressed={section !== null} aria-label={t('form.heading', { name })} title={t('form.heading', { name })} onClick={() => edit(t('step.form.section'), (d) => headPublic(d, name, section === null ? '' : null))}><Icon name="heading" size={13} /></button>
        <button type="button" aria-label={t('form.remove', { name })} title={t('form.remove', { name })} onClick={() => edit(t('step.form.remove', { name }), (d) => unpublish(d, name))}><Icon name="close" size={13} /></button>
      </div>
      <input type="text" className="doc" aria-label={t('form.doc', { name })} placeholder={t('form.doc.hint')} value={said.doc ?? ''} onChange={(e) => edit(t('step.form.describe', { name }), (d) => describePublic(d, name, e.target.value), `doc${name}`)} />
    </li>
  )
}

/** Taken when it is left or Enter is pressed; it becomes a flag of the command line, so it is a word. */
function NameInput({ name }: { name: string }) {
  const [typed, setTyped] = useState<string | null>(null)
  const commit = () => {
    const to = asName(typed ?? name)
    setTyped(null)
    edit(t('step.form.rename', { name }), (d) => {
      if (nameTaken(d, name, to)) useUi.getState().tell('bad', t('form.taken', { name: to }))
      else renamePublic(d, name, to)
    })
  }
  return (
    <input type="text" className="named" aria-label={t('form.name', { name })} value={typed ?? name} spellCheck={false} onChange={(e) => setTyped(e.target.value)}
      onBlur={() => typed !== null && commit()} onKeyDown={(e) => e.key === 'Enter' && typed !== null && commit()} />
  )
}
