/** Somebody else saved the same document: what the two have different, and what can be done. Neither is lost. */

import { useEffect, useState } from 'react'
import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { ApiError, ask } from '@/run/api'
import { messageOf, openCopy, save, saveAs, takeOver, timeOf, versionsOf } from '@/run/documents'
import { freeName, pathOf } from '@/run/names'
import type { WorkflowDocument } from '@/model/document'
import { closeDialog } from './Dialogs'
import { DifferenceList, type Difference } from './DifferenceList'

interface Theirs {
  /** null where it was deleted. */
  document: WorkflowDocument | null
  etag: string
  at: string
  number: number
  difference: Difference | null
}

export function ConflictDialog({ id }: { id: string }) {
  const tab = useEditor((s) => s.tabs.find((x) => x.id === id))
  const [theirs, setTheirs] = useState<Theirs | null>(null)
  const [failed, setFailed] = useState('')
  const [name, setName] = useState('')
  const known = tab?.name ?? ''
  useEffect(() => {
    const mine = useEditor.getState().tabs.find((x) => x.id === id)?.history.document
    if (!mine || known === '') return
    const fail = (error: unknown) => setFailed(messageOf(error))
    theirsOf(known, mine).then(setTheirs, fail)
    freeName(t('conflict.mine', { name: known })).then(setName, fail)
  }, [id, known])
  if (!tab) return null
  const act = (work: () => Promise<unknown>) => {
    closeDialog()
    work().catch((error: unknown) => setFailed(messageOf(error)))
  }
  return (
    <div className="conflict">
      <p>{theirs?.document === null ? t('conflict.gone', { name: known }) : theirs ? t('conflict.said', { name: known, number: theirs.number, at: timeOf(theirs.at) }) : t('conflict.looking')}</p>
      {failed && <p className="problem" role="alert">{failed}</p>}
      {theirs?.difference && <><h3>{t('conflict.difference')}</h3><DifferenceList difference={theirs.difference} /></>}
      {theirs && (
        <ul className="choices">
          <li>
            <button type="button" className="primary" onClick={() => act(() => save(id, theirs.etag))}>{t('conflict.keep')}</button>
            <span>{t(theirs.document === null ? 'conflict.keep.gone' : 'conflict.keep.why', { number: theirs.number })}</span>
          </li>
          {theirs.document && (
            <li>
              <button type="button" onClick={() => act(() => { take(id, known, theirs); return Promise.resolve() })}>{t('conflict.take')}</button>
              <span>{t('conflict.take.why')}</span>
            </li>
          )}
          <li>
            <form onSubmit={(e) => { e.preventDefault(); act(() => saveAs(id, name)) }}>
              <button type="submit">{t('conflict.other')}</button>
              <input aria-label={t('document.name')} value={name} required onChange={(e) => setName(e.target.value)} />
            </form>
            <span>{t('conflict.other.why')}</span>
          </li>
        </ul>
      )}
    </div>
  )
}

async function theirsOf(name: string, mine: WorkflowDocument): Promise<Theirs> {
  try {
    const { data, etag } = await ask<WorkflowDocument>(pathOf(name))
    const [[newest], { data: difference }] = await Promise.all([versionsOf(name), ask<Difference>('/v1/diff', { method: 'POST', body: { before: data, after: mine } })])
    return { document: data, etag: etag ?? '', at: newest?.at ?? '', number: newest?.number ?? 0, difference }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { document: null, etag: '', at: '', number: 0, difference: null }
    throw error
  }
}

/** Theirs goes into the tab, mine into another one, where it is kept like any unsaved work. */
function take(id: string, name: string, { document, etag }: Theirs): void {
  const tab = useEditor.getState().tabs.find((x) => x.id === id)
  if (!tab || !document) return
  openCopy(tab.history.document, name)
  takeOver(tab, document, etag, t('step.take'))
}
