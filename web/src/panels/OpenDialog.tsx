/** What can be opened: own workflows, templates, files, work that was not saved, and what lies in the trash. */

import { useEffect, useRef, useState, type ReactNode } from 'react'
import { newDocument } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { bringBack, discard, messageOf, openNamed, timeOf, trashed, type Entry, type Trashed } from '@/run/documents'
import { bringIn } from '@/run/importing'
import { delivered } from '@/run/journal'
import { listAll } from '@/run/names'
import { recover, recoverable, throwAway, type Recovered } from '@/run/recovered'
import { closeDialog } from './Dialogs'
import { lastPictures, pictureOf } from './thumbnails'

interface Found {
  entries: readonly Entry[]
  lost: readonly Recovered[]
  trash: readonly Trashed[]
  /** Addresses of pictures by the title of what made them. */
  last: ReadonlyMap<string, string>
}

const NOTHING: Found = { entries: [], lost: [], trash: [], last: new Map() }

/** Close the dialog and do something; what goes wrong is said. */
function leave(work: () => Promise<unknown>): void {
  closeDialog()
  work().catch((error: unknown) => useUi.getState().tell('bad', messageOf(error)))
}

export function OpenDialog() {
  const [found, setFound] = useState<Found>(NOTHING)
  const [failed, setFailed] = useState('')
  const [text, setText] = useState('')
  const look = () => {
    all().then(setFound, (error: unknown) => setFailed(messageOf(error)))
  }
  useEffect(look, [])
  const stay = (work: Promise<unknown>) => void work.then(look, (error: unknown) => setFailed(messageOf(error)))
  const fits = (e: Entry) => `${e.title} ${e.name} ${e.description}`.toLowerCase().includes(text.toLowerCase().trim())
  const own = found.entries.filter((e) => !e.template && fits(e))
  const templates = found.entries.filter((e) => e.template && fits(e))
  return (
    <div className="open">
      <Actions text={text} setText={setText} />
      {failed && <p className="problem" role="alert">{failed}</p>}
      {found.lost.length > 0 && <Lost lost={found.lost} discard={(one) => stay(throwAway(one))} />}
      <Section title={t('open.own')} none={text === '' ? t('open.own.none') : t('open.none')} empty={own.length === 0}>
        {own.map((e) => <Card key={e.name} entry={e} picture={pictureOf(e, found.last)} discard={() => stay(discard(e.name))} />)}
      </Section>
      <Section title={t('open.templates')} none={t('open.none')} empty={templates.length === 0}>
        {templates.map((e) => <Card key={e.name} entry={e} picture={pictureOf(e, found.last)} />)}
      </Section>
      {found.trash.length > 0 && <Trash trash={found.trash} />}
    </div>
  )
}

async function all(): Promise<Found> {
  await delivered() // what was just closed is among the unsaved work
  const [listed, trash, last] = await Promise.all([listAll(), trashed(), lastPictures().catch(() => NOTHING.last)]) // they open without
  const newest = (a: Entry, b: Entry) => (a.updated < b.updated ? 1 : -1)
  return { entries: [...listed.workflows].sort((a, b) => (a.template && b.template ? 0 : newest(a, b))), lost: await recoverable(listed), trash, last }
}

function Actions({ text, setText }: { text: string; setText: (text: string) => void }) {
  const picker = useRef<HTMLInputElement>(null)
  const files = (list: FileList | null) => {
    if (list) leave(() => bringIn([...list], { x: 0, y: 0 }))
  }
  return (
    <div className="actions">
      <input type="search" autoFocus aria-label={t('open.search')} placeholder={t('open.search')} value={text} onChange={(e) => setText(e.target.value)} />
      <button type="button" onClick={() => { closeDialog(); newDocument(t('document.untitled')) }}><Icon name="file" />{t('open.empty')}</button>
      <button type="button" onClick={() => picker.current?.click()}><Icon name="upload" />{t('open.file')}</button>
      <input ref={picker} type="file" accept=".json,.png" multiple hidden onChange={(e) => files(e.target.files)} />
    </div>
  )
}

function Section({ title, none, empty, children }: { title: string; none: string; empty: boolean; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {empty ? <p className="nothing">{none}</p> : <ul>{children}</ul>}
    </section>
  )
}

function Card({ entry, picture, discard }: { entry: Entry; picture: string | undefined; discard?: () => void }) {
  const title = entry.template ? entry.title || entry.name : entry.name
  return (
    <li>
      <button type="button" className="card" data-pictured={picture !== undefined || undefined} disabled={entry.wrong !== ''} title={entry.wrong || undefined} onClick={() => leave(() => openNamed(entry.name))}>
        {picture !== undefined && <img src={picture} alt="" loading="lazy" />}
        <strong translate="no">{title}</strong>
        <span translate="no">{entry.wrong || entry.description.replaceAll('`', '')}</span>
        {!entry.template && <span className="when">{t('open.when', { at: timeOf(entry.updated), n: entry.nodes })}</span>}
      </button>
      {discard && <button type="button" className="aside" aria-label={t('trash.move', { name: entry.name })} title={t('trash.move', { name: entry.name })} onClick={discard}><Icon name="trash" size={14} /></button>}
    </li>
  )
}

const FEW = 4 // of the unsaved work: the list goes on at a press

function Lost({ lost, discard }: { lost: readonly Recovered[]; discard: (one: Recovered) => void }) {
  const [all, setAll] = useState(false)
  return (
    <Section title={t('open.lost')} none="" empty={false}>
      {lost.slice(0, all ? lost.length : FEW).map((one) => (
        <li key={`${one.name} ${one.draft.client}`} className="lost">
          <button type="button" className="card" onClick={() => leave(() => recover(one))}>
            <strong translate="no">{one.name}</strong>
            <span>{t(one.saved ? 'open.lost.edits' : 'open.lost.never', { at: timeOf(one.draft.at) })}</span>
          </button>
          <button type="button" className="aside" aria-label={t('open.lost.discard', { name: one.name })} title={t('open.lost.discard', { name: one.name })} onClick={() => discard(one)}><Icon name="trash" size={14} /></button>
        </li>
      ))}
      {!all && lost.length > FEW && <li className="rest"><button type="button" onClick={() => setAll(true)}>{t('open.lost.more', { n: lost.length - FEW })}</button></li>}
    </Section>
  )
}

function Trash({ trash }: { trash: readonly Trashed[] }) {
  return (
    <details className="trash">
      <summary>{t('trash.title', { n: trash.length })}</summary>
      <ul>
        {trash.map((one) => (
          <li key={one.id}>
            <span><strong translate="no">{one.name}</strong> {timeOf(one.at)}</span>
            <button type="button" aria-label={t('trash.back', { name: one.name })} onClick={() => leave(() => bringBack(one))}>{t('trash.undo')}</button>
          </li>
        ))}
      </ul>
    </details>
  )
}
