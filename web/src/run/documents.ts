/** Documents on the server: opened, saved, named, thrown away and had back. Nothing is ever overwritten unasked. */

import { activeTab, isDirty, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { equal, type WorkflowDocument } from '@/model/document'
import { begun, type History } from '@/model/history'
import { ApiError, ask } from './api'
import { clientId } from './client'
import { discardDraft, draftsOf, type Draft } from './drafts'
import { again, goOn, keep, settled } from './journal'
import { freeName, listAll, nameable, pathOf, type Entry } from './names'
import type { components } from './schema'
import { dropStash, unstash } from './stash'

export type { Entry } from './names'

/** What became of a workflow of another program. mapped: node to its type there and here. */
export interface ImportReport {
  format: string
  mapped: Record<string, [string, string]>
  unknown: Record<string, string>
  notes: { message: string; node: string; type: string; warning: boolean }[]
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const tell = (error: unknown) => useUi.getState().tell('bad', messageOf(error))

function tabOf(id: string): Tab | undefined {
  return useEditor.getState().tabs.find((tab) => tab.id === id)
}

export async function listDocuments(): Promise<Entry[]> {
  return (await listAll()).workflows
}

// ------------------------------------------------------------------ opening

/** Open a document of the server in a tab; the tab that already has it comes to the front. */
export async function openNamed(name: string, views: Tab['views'] = {}): Promise<void> {
  const known = useEditor.getState().tabs.find((tab) => tab.name === name || (tab.template && tab.source === name))
  if (known) { useEditor.getState().activate(known.id); return }
  const { data, etag, headers } = await ask<WorkflowDocument>(pathOf(name))
  if (headers.get('X-Calotype-Template') === 'true') {
    useEditor.getState().open({ document: data, source: name, template: true, saved: data, views })
    return
  }
  const drafts = await draftsOf(name)
  const before = await recovered(name, drafts.find((d) => d.mine))
  if (!before) { opened(name, { document: data, saved: data, revision: etag, views }, drafts); return }
  const { base, history } = before
  const revision = base === null || base === revisionOf(etag) ? etag : String(base) // saving over another one asks first
  opened(name, { document: history.document, history, saved: data, revision, views }, drafts, before)
  if (!equal(history.document, data)) useUi.getState().tell('note', t('draft.recovered', { name }))
}

interface Before {
  history: History
  /** The revision that it was made from; null where it is the newest. */
  base: number | null
  /** What the server has of it. */
  seq: number | null
}

/** What this page knew of a document: what only the browser has goes before what the server has. */
async function recovered(name: string, mine: Draft | undefined): Promise<Before | null> {
  const own = await unstash(name).catch(() => null) // a browser that keeps nothing
  const kept = own && { document: own.document, past: own.past, future: own.future }
  if (kept && own.unsent) return { history: kept, base: revisionOf(own.revision) ?? 0, seq: null }
  if (mine) return { history: mine.history, base: mine.base, seq: mine.seq }
  if (!kept || own.revision === null) return null
  const { etag } = await ask(pathOf(name)).catch(() => ({ etag: null }))
  return etag === own.revision ? { history: kept, base: null, seq: null } : null
}

function opened(name: string, tab: Partial<Tab> & { document: WorkflowDocument }, drafts: Draft[], before?: Before): void {
  const id = useEditor.getState().open({ name, ...tab })
  const made = tabOf(id)
  if (made && before && before.seq !== null) goOn(made, before.seq)
  else if (before && made && isDirty(made)) keep(id)
  for (const other of drafts.filter((d) => !d.mine)) offer(name, other)
}

/** Open again what was never saved: the server or the browser has its edits. Nothing where neither has. */
export async function openUnsaved(name: string, views: Tab['views'] = {}): Promise<boolean> {
  const known = useEditor.getState().tabs.find((tab) => tab.name === name)
  if (known) { useEditor.getState().activate(known.id); return true }
  const drafts = await draftsOf(name)
  const before = await recovered(name, drafts.find((d) => d.mine))
  if (!before) return false
  opened(name, { document: before.history.document, history: before.history, views }, [], before)
  return true
}

/** Unsaved work of another page: said, and shown as a copy in a tab of its own when it is wanted. */
function offer(name: string, draft: Draft): void {
  const saved = useEditor.getState().tabs.find((tab) => tab.name === name)?.saved
  if (saved && equal(saved, draft.history.document)) return
  useUi.getState().tell('note', t('draft.other', { name, at: timeOf(draft.at) }), { label: t('draft.look'), run: () => void openDraft(name, draft).catch(tell) })
}

export function timeOf(at: string): string {
  const time = new Date(at)
  const today = time.toDateString() === new Date().toDateString()
  return time.toLocaleString(undefined, { ...(today ? {} : { dateStyle: 'medium' }), timeStyle: 'short' })
}

/** The unsaved work of another page as a document of its own. */
export async function openDraft(name: string, draft: Draft): Promise<void> {
  const copy = await freeName(t('draft.copy', { name }))
  keep(useEditor.getState().open({ document: draft.history.document, history: draft.history, name: copy }))
}

/** A workflow that came from a file: always in a new tab. The tab's id. */
export function openImported(workflow: WorkflowDocument, file: string, report: ImportReport | null): string {
  const id = useEditor.getState().open({ document: { ...workflow, name: workflow.name ?? file.replace(/\.[^.]*$/, '') } })
  keep(id)
  useUi.getState().tell('good', t('import.opened', { name: file }))
  if (report) showReport(id, report, file)
  return id
}

let showReport: (tab: string, report: ImportReport, file: string) => void = () => undefined
/** Who shows the report of an import. */
export function onReport(show: typeof showReport): void {
  showReport = show
}

// ------------------------------------------------------------------ saving

/** Save the document of a tab. A conflict asks; nothing is overwritten unasked. over: the ETag that was looked at. */
export async function save(id?: string, over?: string): Promise<boolean> {
  const tab = id === undefined ? activeTab(useEditor.getState()) : tabOf(id)
  if (!tab || tab.reading) return false
  const { document } = tab.history
  try {
    const name = tab.name ?? (await freeName(document.name ?? ''))
    const { etag } = await ask<unknown>(pathOf(name, `?client=${clientId()}&doubles=true`), { method: 'PUT', body: document, headers: expecting(tab, over) })
    useEditor.getState().patch(tab.id, { name, saved: document, revision: etag, template: false })
    const now = tabOf(tab.id)
    if (now) settled(now)
    if (now && isDirty(now)) keep(now.id) // edited while it was being saved
    const first = tab.revision === null // under a name that nobody chose
    useUi.getState().tell('good', t('document.saved', { name }), first ? { label: t('document.rename'), run: () => useUi.getState().show({ dialog: `rename:${tab.id}` }) } : undefined)
    return true
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 409 && error.status !== 412)) tell(error)
    else {
      again(tab.id) // the server put the refused document in the place of the draft; with its history it is worth more
      useUi.getState().show({ dialog: `conflict:${tab.id}` })
    }
    return false
  }
}

function expecting(tab: Tab, over?: string): Record<string, string> {
  if (over !== undefined) return over === '' ? { 'If-None-Match': '*' } : { 'If-Match': over }
  return tab.revision !== null && tab.name !== null ? { 'If-Match': tab.revision } : { 'If-None-Match': '*' }
}

function revisionOf(etag: string | null): number | null {
  const found = /\d+/.exec(etag ?? '')
  return found ? Number(found[0]) : null
}

/** Save under another name; the tab goes on with the copy, and what it was made from stays as it is saved. */
export async function saveAs(id: string, wished: string): Promise<boolean> {
  const tab = tabOf(id)
  if (!tab) return false
  if (tab.revision === null && nameable(wished) === tab.name) return save(id)
  const name = await freeName(wished)
  const { name: before } = tab
  if (tab.history.document.name !== wished) useEditor.getState().edit(t('step.rename'), (d) => void (d.name = wished))
  useEditor.getState().patch(id, { name, revision: null, saved: null, template: false })
  if (!(await save(id))) return false
  if (before !== null) await discardDraft(before, clientId())
  return true
}

/** Another title, and another name of the file. */
export async function rename(id: string, wished: string, title: string): Promise<void> {
  const tab = tabOf(id)
  if (!tab) return
  if (title !== (tab.history.document.name ?? '')) useEditor.getState().edit(t('step.rename'), (d) => void (d.name = title))
  const name = nameable(wished)
  if (name === tab.name || (tab.name === null && !isDirty(tab))) return
  if (tab.name !== null && tab.revision !== null) {
    const { etag } = await ask<unknown>(pathOf(tab.name, '/rename'), { method: 'POST', body: { name } })
    await dropStash(tab.name).catch(() => undefined) // a browser that keeps nothing has nothing to drop
    useEditor.getState().patch(id, { name, revision: etag })
    again(id)
    return
  }
  const free = await freeName(wished)
  const before = tab.name
  useEditor.getState().patch(id, { name: free, template: false })
  again(id)
  if (before !== null) await discardDraft(before, clientId())
}

/** Another document with the same content, in a tab of its own. */
export async function duplicate(id: string): Promise<void> {
  const tab = tabOf(id)
  if (!tab) return
  const title = t('document.copy', { name: tab.name ?? tab.history.document.name ?? t('document.untitled') })
  const name = await freeName(title)
  const made = useEditor.getState().open({ document: { ...tab.history.document, name: title }, name, views: tab.views })
  await save(made)
}

// ------------------------------------------------------------------ versions and the trash

export type Version = components['schemas']['RevisionAnswer']

export async function versionsOf(name: string): Promise<Version[]> {
  return (await ask<{ versions: Version[] }>(pathOf(name, '/versions'))).data.versions
}

/** Look at an old version, in a tab that does not change it. */
export async function look(name: string, version: Pick<Version, 'number' | 'at'>): Promise<void> {
  const known = useEditor.getState().tabs.find((tab) => tab.reading?.name === name && tab.reading.revision === version.number)
  if (known) { useEditor.getState().activate(known.id); return }
  const { data } = await ask<WorkflowDocument>(pathOf(name, `/versions/${version.number}`))
  useEditor.getState().open({ document: data, saved: data, reading: { name, revision: version.number, at: version.at } })
}

/** Make an old version the newest one: in its open tab it is one step, which can be taken back. */
export async function restoreVersion(name: string, number: number): Promise<void> {
  const { data } = await ask<WorkflowDocument>(pathOf(name, `/versions/${number}`))
  const { etag } = await ask<unknown>(pathOf(name, `/restore?client=${clientId()}`), { method: 'POST', body: { revision: number } })
  const reading = useEditor.getState().tabs.find((tab) => tab.reading?.name === name && tab.reading.revision === number)
  await openNamed(name)
  const tab = useEditor.getState().tabs.find((x) => x.name === name)
  if (tab) takeOver(tab, data, etag, t('step.restore', { number }))
  if (reading) useEditor.getState().close(reading.id)
  useUi.getState().tell('good', t('version.restored', { number, name }))
}

/** Put what the server has into a tab, as a step: undo brings back what was there. */
export function takeOver(tab: Tab, theirs: WorkflowDocument, etag: string | null, label: string): void {
  const editor = useEditor.getState()
  editor.activate(tab.id)
  editor.edit(label, (draft) => {
    for (const key of Object.keys(draft)) Reflect.deleteProperty(draft, key)
    Object.assign(draft, theirs)
  })
  const document = tabOf(tab.id)?.history.document ?? theirs
  editor.patch(tab.id, { saved: document, revision: etag })
  const now = tabOf(tab.id)
  if (now) settled(now)
}

export type Trashed = components['schemas']['TrashedAnswer']

export async function trashed(): Promise<Trashed[]> {
  return (await ask<{ trash: Trashed[] }>('/v1/trash')).data.trash
}

/** Move a document to the trash; a message offers to have it back. */
export async function discard(name: string): Promise<void> {
  const { data } = await ask<Trashed>(pathOf(name), { method: 'DELETE' })
  const tab = useEditor.getState().tabs.find((x) => x.name === name)
  if (tab) useEditor.getState().close(tab.id)
  useUi.getState().tell('note', t('trash.moved', { name }), { label: t('trash.undo'), run: () => void bringBack(data).catch(tell) })
}

/** Take a document out of the trash and open it. */
export async function bringBack({ id, name }: Pick<Trashed, 'id' | 'name'>): Promise<void> {
  const taken = (await listDocuments()).some((e) => e.name.toLowerCase() === name.toLowerCase())
  const { data } = await ask<{ name: string }>(`/v1/trash/${id}/restore`, { method: 'POST', body: taken ? { name: await freeName(name) } : {} })
  await openNamed(data.name)
}

/** A document that is not on the server. */
export function openCopy(document: WorkflowDocument, name: string): void {
  keep(useEditor.getState().open({ document: { ...document, name: t('document.copy', { name }) }, history: begun({ ...document, name: t('document.copy', { name }) }) }))
}
