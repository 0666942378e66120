/** Documents on the server: opening, saving, and the journal that keeps every edit. */

import { activeTab, isDirty, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { canonical, type WorkflowDocument } from '@/model/document'
import { begun, type History } from '@/model/history'
import { ApiError, ask } from './api'
import { clientId } from './client'

export interface ImportReport {
  mapped?: number
  notes?: { node?: string; type?: string; message?: string; text?: string }[]
  [more: string]: unknown
}

export interface Entry {
  name: string
  title: string
  description: string
  inputs: Record<string, string>
  nodes: number
  revision: number
  etag: string
  updated: string
  template: boolean
  wrong: string
  drafts: number
}

interface Draft {
  client: string
  base: number
  at: string
  draft: { document: WorkflowDocument; history?: Pick<History, 'past' | 'future'> } | null
}

const TABS = 'calotype.tabs'
const path = (name: string, more = '') => `/v1/workflows/${encodeURIComponent(name)}${more}`

export async function listDocuments(): Promise<Entry[]> {
  const { data } = await ask<{ workflows: Entry[] }>('/v1/workflows')
  return data.workflows
}

/** Open a document of the server in a tab; the tab that already has it comes to the front. */
export async function openNamed(name: string): Promise<void> {
  const known = useEditor.getState().tabs.find((tab) => tab.name === name)
  if (known) { useEditor.getState().activate(known.id); return; }
  const { data, etag, headers } = await ask<WorkflowDocument>(path(name))
  const template = headers.get('X-Calotype-Template') === 'true'
  const draft = template ? null : await myDraft(name)
  const history = draft?.draft ? { ...begun(draft.draft.document), ...draft.draft.history } : begun(data)
  useEditor.getState().open({ document: data, name: template ? null : name, template, saved: data, revision: etag, history })
  if (draft) useUi.getState().tell('note', t('draft.recovered', { name }))
}

/** A workflow that came from a file: always in a new tab. */
export function openImported(workflow: WorkflowDocument, file: string, report: ImportReport | null): void {
  const id = useEditor.getState().open({ document: { ...workflow, name: workflow.name ?? file.replace(/\.[^.]*$/, '') } })
  void keep(id)
  useUi.getState().tell('good', t('import.opened', { name: file }))
  if (report) showReport(report, file)
}

let showReport: (report: ImportReport, file: string) => void = () => undefined
/** Who shows the report of an import. */
export function onReport(show: (report: ImportReport, file: string) => void): void {
  showReport = show
}

async function myDraft(name: string): Promise<Draft | null> {
  const { data } = await ask<{ drafts: Draft[] }>(path(name, '/journal'))
  return data.drafts.find((d) => d.client === clientId() && d.draft !== null) ?? null
}

/** A name that the server has not, near the one wished for. */
async function freeName(wished: string): Promise<string> {
  const base = wished.replace(/[\\/:*?"<>|.\p{Cc}]+/gu, ' ').trim().slice(0, 80) || t('document.untitled')
  const taken = new Set([...(await listDocuments()).map((e) => e.name.toLowerCase()), ...useEditor.getState().tabs.map((tab) => tab.name?.toLowerCase() ?? '')])
  if (!taken.has(base.toLowerCase())) return base
  for (let n = 2; ; n += 1) if (!taken.has(`${base} ${n}`.toLowerCase())) return `${base} ${n}`
}

/** Save the document of a tab. A conflict asks; nothing is overwritten unasked. */
export async function save(id?: string, force = false): Promise<boolean> {
  const tab = id === undefined ? activeTab(useEditor.getState()) : useEditor.getState().tabs.find((x) => x.id === id)
  if (!tab) return false
  const document = tab.history.document
  const name = tab.name ?? (await freeName(document.name ?? ''))
  const match: Record<string, string> = force ? { 'If-Match': '*' } : tab.revision !== null && tab.name !== null ? { 'If-Match': tab.revision } : { 'If-None-Match': '*' }
  try {
    const { etag } = await ask<unknown>(path(name, `?client=${clientId()}`), { method: 'PUT', body: document, headers: match })
    useEditor.getState().patch(tab.id, { name, saved: document, revision: etag, template: false })
    remember()
    useUi.getState().tell('good', t('document.saved', { name }))
    return true
  } catch (error) {
    if (error instanceof ApiError && (error.status === 409 || error.status === 412)) useUi.getState().show({ dialog: `conflict:${tab.id}` })
    else useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
    return false
  }
}

/** Save under another name; the tab goes on with the copy. */
export async function saveAs(wished: string): Promise<boolean> {
  const tab = activeTab(useEditor.getState())
  if (!tab) return false
  const name = await freeName(wished)
  useEditor.getState().edit(t('step.rename'), (d) => void (d.name = wished))
  useEditor.getState().patch(tab.id, { name: null, revision: null, template: false })
  const named = useEditor.getState().tabs.find((x) => x.id === tab.id)
  if (named) useEditor.getState().patch(tab.id, { name })
  return save(tab.id)
}

// ------------------------------------------------------------------ the journal

const PAUSE = 250
const posted = new Map<string, WorkflowDocument>()
const timers = new Map<string, number>()
const KEPT_STEPS = 60

/** Post every edit to the server's journal soon after it was made. The function ends it. */
export function journal(): () => void {
  return useEditor.subscribe((state, before) => {
    if (state.tabs === before.tabs) return
    for (const tab of state.tabs) {
      const known = before.tabs.find((x) => x.id === tab.id)
      if (known?.history.document === tab.history.document || !known || !isDirty(tab)) continue
      clearTimeout(timers.get(tab.id))
      timers.set(tab.id, window.setTimeout(() => void keep(tab.id), PAUSE))
    }
    remember()
  })
}

/** Post the document of a tab to the journal, with its history. Tried again until the server has it. */
async function keep(id: string): Promise<void> {
  const tab = useEditor.getState().tabs.find((x) => x.id === id)
  if (!tab || posted.get(id) === tab.history.document) return
  try {
    const name = tab.name ?? (await named(tab))
    const { document, past, future } = tab.history
    const draft = { document, history: { past: past.slice(-KEPT_STEPS), future: future.slice(0, KEPT_STEPS) } }
    await ask(path(name, '/journal'), { method: 'POST', body: { client: clientId(), base: baseOf(tab), draft } })
    posted.set(id, document)
    showUnsent(id, false)
  } catch {
    showUnsent(id, true) // the mark in the tab says so until it is there
    timers.set(id, window.setTimeout(() => void keep(id), 1_000))
  }
}

/** A document that was never saved gets a name before its first edit is kept. */
async function named(tab: Tab): Promise<string> {
  const name = await freeName(tab.history.document.name ?? '')
  useEditor.getState().patch(tab.id, { name, revision: null, template: false, ...(tab.template ? { saved: null } : {}) })
  remember()
  return name
}

function baseOf(tab: Tab): number {
  return tab.revision === null ? 0 : Number(/\d+/.exec(tab.revision)?.[0] ?? 0)
}

let showUnsent: (id: string, unsent: boolean) => void = () => undefined
/** Who shows that edits wait to be sent. */
export function onUnsent(show: (id: string, unsent: boolean) => void): void {
  showUnsent = show
}

// ------------------------------------------------------------------ which tabs were open

interface Remembered {
  name: string
  active: boolean
}

function remember(): void {
  const { tabs, active } = useEditor.getState()
  const open: Remembered[] = tabs.flatMap((tab) => (tab.name === null ? [] : [{ name: tab.name, active: tab.id === active }]))
  localStorage.setItem(TABS, JSON.stringify(open))
}

/** Open what was open when the page was left, with edits that were never saved; else the first template. */
export async function restore(): Promise<void> {
  const open = JSON.parse(localStorage.getItem(TABS) ?? '[]') as Remembered[]
  for (const { name } of open) await reopen(name)
  const chosen = open.find((o) => o.active)?.name
  const tab = useEditor.getState().tabs.find((x) => x.name === chosen)
  if (tab) useEditor.getState().activate(tab.id)
  if (useEditor.getState().tabs.length === 0) await openFirst()
}

async function reopen(name: string): Promise<void> {
  try {
    await openNamed(name)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    const draft = await myDraft(name).catch(() => null) // never saved: there may be a draft alone
    if (!draft?.draft) return
    const document = draft.draft.document
    useEditor.getState().open({ document, name, history: { ...begun(document), ...draft.draft.history } })
  }
}

async function openFirst(): Promise<void> {
  const all = await listDocuments()
  const first = all.find((e) => e.template && e.name === 'text_to_image') ?? all.find((e) => e.template) ?? all[0]
  if (first) await openNamed(first.name)
}

/** Whether two documents say the same. */
export function sameDocument(a: WorkflowDocument, b: WorkflowDocument): boolean {
  return a === b || canonical(a) === canonical(b)
}
