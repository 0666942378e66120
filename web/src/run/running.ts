/** Sending workflows to the server, and following what becomes of them. */

import { activeTab, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import type { Json, WorkflowDocument } from '@/model/document'
import { setInput } from '@/model/operations'
import { sheetOf } from '@/model/document'
import { advanced, seedMode } from '@/widgets/seeds'
import { ApiError, ask } from './api'
import { clientId } from './client'
import { noteRun } from './queue'
import type { PreviewFrame, ServerEvent } from './socket'
import { IDLE, useRuns, type FileView, type NodeRun, type TabRun } from './state'

export interface RunView {
  id: string
  name: string
  state: string
  priority: number
  place: number | null
  created: string
  started: string | null
  ended: string | null
  seconds: number | null
  error: { message: string; code: string } | null
  group: string
  client: string
  cancelling: boolean
  last_seq: number
  files: (FileView & { url: string })[]
}

export interface Wish {
  count?: number
  first?: boolean
  targets?: string[]
  sweep?: Record<string, Json[]>
}

interface Accepted extends Partial<RunView> {
  runs?: (RunView & { seeds: Record<string, number> })[]
  seeds?: Record<string, number>
}

/** Runs sent from this page, and the tab that each was sent from. */
const sent = new Map<string, string>()

/** Send the open workflow. What is wrong with it is shown where it is wrong. The ids of the runs. */
export async function submit(wish: Wish = {}): Promise<string[]> {
  const before = activeTab(useEditor.getState())
  if (!before) return []
  drawSeeds(before)
  const tab = activeTab(useEditor.getState()) ?? before
  const { first, ...how } = wish
  const body = { workflow: tab.history.document, client: clientId(), ...how }
  try {
    const { data } = await ask<Accepted>('/v1/runs', { method: 'POST', body })
    const runs = data.runs ?? [data as RunView]
    for (const run of runs) sent.set(run.id, tab.id)
    noteRun(runs)
    if (first) await Promise.all(runs.map((r) => ask(`/v1/runs/${r.id}/move`, { method: 'POST', body: { first: true } })))
    const last = runs.at(-1)
    if (last) follow(tab.id, last.id)
    return runs.map((r) => r.id)
  } catch (error) {
    refused(tab.id, error)
    return []
  }
}

function refused(tab: string, error: unknown): void {
  const problems = error instanceof ApiError ? error.problems : []
  useRuns.getState().patch(tab, () => ({ problems }))
  const text = problems.length > 0 ? t('run.problems', { n: problems.length }) : error instanceof Error ? error.message : String(error)
  useUi.getState().tell('bad', text, problems.length > 0 ? { label: t('run.show'), run: () => useUi.getState().show({ side: 'problems' }) } : undefined)
}

/** Seeds that are to be new are drawn now and written into the nodes: what is shown is what is used. */
function drawSeeds(tab: Tab): void {
  const catalogue = useEditor.getState().catalogue
  const drawn: [string, string, number][] = []
  for (const [id, node] of Object.entries(tab.history.document.nodes)) {
    for (const input of catalogue.get(node.type)?.inputs ?? []) {
      const value = node.inputs?.[input.name] ?? input.default
      if (input.role !== 'seed') continue
      const mode = value === 'random' ? 'random' : seedMode(id, input.name)
      if (mode !== 'fixed' && (typeof value === 'number' || value === 'random')) drawn.push([id, input.name, advanced(Number(value) || 0, mode)])
    }
  }
  if (drawn.length === 0) return
  useEditor.getState().edit(t('step.seed'), (document: WorkflowDocument) => {
    for (const [id, input, value] of drawn) setInput(sheetOf(document, null), id, input, value)
  }, 'seeds')
}

/** Show a run in a tab. */
export function follow(tab: string, run: string): void {
  sent.set(run, tab)
  useRuns.getState().patch(tab, () => ({ run, state: 'queued', nodes: {}, previews: {} }))
}

export async function cancel(run: string): Promise<void> {
  try {
    await ask(`/v1/runs/${run}/cancel`, { method: 'POST' })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
  }
}

/** Take an event of the stream to the tab that shows its run. */
export function onEvent(event: ServerEvent): void {
  const tab = sent.get(event.run)
  if (tab === undefined || (useRuns.getState().tabs[tab] ?? IDLE).run !== event.run) return
  useRuns.getState().patch(tab, (now) => applied(now, event))
  if (event.event === 'RunEnded') ended(tab, event)
}

function ended(tab: string, event: ServerEvent): void {
  const error = event.error as { message?: string } | null | undefined
  if (event.state === 'failed' || event.state === 'quarantined') useUi.getState().tell('bad', error?.message ?? t('run.failed'))
  else useUi.getState().announce(t('said.run', { state: String(event.state) }))
  const previews = (useRuns.getState().tabs[tab] ?? IDLE).previews
  for (const url of Object.values(previews)) URL.revokeObjectURL(url)
  useRuns.getState().patch(tab, () => ({ previews: {} }))
}

/** What is known of a run after one more event. */
export function applied(now: TabRun, event: ServerEvent): Partial<TabRun> {
  const node = typeof event.node === 'string' ? event.node : ''
  const set = (change: NodeRun): Partial<TabRun> => ({ nodes: { ...now.nodes, [node]: change } })
  switch (event.event) {
    case 'RunClaimed':
    case 'RunStarted':
      return { state: 'running' }
    case 'RunRequeued':
      return { state: 'queued', nodes: {} }
    case 'NodeStarted':
      return set({ status: 'running' })
    case 'NodeProgress':
      return set({ status: 'running', done: Number(event.done), total: Number(event.total) })
    case 'NodeFinished':
      return set(event.hit === true ? { status: 'hit' } : { status: 'ran', seconds: Number(event.seconds) })
    case 'NodeFailed':
      return set({ status: 'failed', error: messageOf(event.error) })
    case 'NodeSkipped':
      return set({ status: 'skipped', error: String(event.because) })
    case 'RunEnded':
      return { state: String(event.state), ...filesOf(now, event.files) }
    default:
      return {}
  }
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}

function filesOf(now: TabRun, files: unknown): Partial<TabRun> {
  if (!Array.isArray(files)) return {}
  const found: Record<string, FileView[]> = {}
  for (const file of files as FileView[]) (found[file.node] ??= []).push(file)
  return { files: { ...now.files, ...found } }
}

export function onPreview(frame: PreviewFrame): void {
  const tab = sent.get(frame.run)
  if (tab === undefined) return
  const url = URL.createObjectURL(frame.jpeg)
  useRuns.getState().patch(tab, (now) => {
    const before = now.previews[frame.node]
    if (before) setTimeout(() => URL.revokeObjectURL(before), 500)
    return { previews: { ...now.previews, [frame.node]: url } }
  })
}
