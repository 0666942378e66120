/** What can be opened: own workflows, templates, files. */

import { useEffect, useRef, useState } from 'react'
import { newDocument } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { listDocuments, openNamed, type Entry } from '@/run/documents'
import { bringIn } from '@/run/importing'
import { closeDialog } from './Dialogs'

export function OpenDialog() {
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const [failed, setFailed] = useState('')
  const picker = useRef<HTMLInputElement>(null)
  useEffect(() => {
    listDocuments().then(setEntries, (error: unknown) => setFailed(error instanceof Error ? error.message : String(error)))
  }, [])
  const open = (name: string) => {
    closeDialog()
    openNamed(name).catch((error: unknown) => useUi.getState().tell('bad', error instanceof Error ? error.message : String(error)))
  }
  const files = (list: FileList | null) => {
    closeDialog()
    if (list) void bringIn(list, { x: 0, y: 0 })
  }
  return (
    <div className="open">
      <div className="actions">
        <button type="button" onClick={() => { closeDialog(); newDocument(t('document.untitled')) }}>{t('open.empty')}</button>
        <button type="button" onClick={() => picker.current?.click()}>{t('open.file')}</button>
        <input ref={picker} type="file" accept=".json,.png" multiple hidden onChange={(e) => files(e.target.files)} />
      </div>
      {failed && <p className="problem">{failed}</p>}
      <Section title={t('open.own')} entries={entries.filter((e) => !e.template)} open={open} none={t('open.own.none')} />
      <Section title={t('open.templates')} entries={entries.filter((e) => e.template)} open={open} none="" />
    </div>
  )
}

function Section({ title, entries, open, none }: { title: string; entries: readonly Entry[]; open: (name: string) => void; none: string }) {
  return (
    <section>
      <h3>{title}</h3>
      {entries.length === 0 && <p className="nothing">{none}</p>}
      <ul>
        {entries.map((e) => (
          <li key={e.name}>
            <button type="button" disabled={e.wrong !== ''} title={e.wrong || undefined} onClick={() => open(e.name)}>
              <strong>{e.title || e.name}</strong>
              <span>{e.wrong || e.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
