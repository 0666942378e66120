/** Sending workflows to the server. */

import { produce } from 'immer'
import { activeTab, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import type { Json, WorkflowDocument } from '@/model/document'
import { seedsOf, seedsOfRuns, setSeeds } from '@/widgets/seeds'
import { ApiError, ask } from './api'
import { clientId } from './client'
import { own } from './following'
import { noteRun, pause, useQueue } from './queue'
import { useRuns, type FileView } from './state'

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
  targets?: readonly string[]
  sweep?: Record<string, Json[]>
  priority?: number
  /** Seeds are taken as they are, and what is wrong is shown without a word. */
  quiet?: boolean
}

interface Accepted extends Partial<RunView> {
  group?: string
  runs?: RunView[]
}

export interface Sent {
  ids: string[]
  group: string
}

const NOTHING: Sent = { ids: [], group: '' }

let alone = ''

/** Whether somebody pressed Run for this run and for no other with it. */
export function askedAlone(run: string): boolean {
  return run === alone
}

/** Send the open workflow. What is wrong with it is shown where it is wrong. */
export async function submit(wish: Wish = {}): Promise<string[]> {
  return (await send(wish)).ids
}

/** The same; with the group that the runs of a sweep share. */
export async function send(wish: Wish): Promise<Sent> {
  const tab = activeTab(useEditor.getState())
  if (!tab) return NOTHING
  const documents = wish.quiet || wish.sweep ? [tab.history.document] : drawn(tab, wish.count ?? 1)
  try {
    const { data } = await ask<Accepted>('/v1/runs', { method: 'POST', body: bodyOf(documents, wish) })
    const runs = data.runs ?? [data as RunView]
    const ids = runs.map((r) => r.id)
    alone = ids.length === 1 && !wish.quiet && !wish.sweep ? (ids[0] ?? '') : ''
    own(tab.id, ids, wish.quiet === true)
    noteRun(runs)
    if (useQueue.getState().paused && !wish.quiet && useUi.getState().side !== 'queue') useUi.getState().tell('note', t('run.paused'), { label: t('queue.resume'), run: () => void pause(false) })
    if (wish.first) for (const id of [...ids].reverse()) await ask(`/v1/runs/${id}/move`, { method: 'POST', body: { first: true } })
    return { ids, group: data.group ?? '' }
  } catch (error) {
    refused(tab.id, error, wish.quiet === true)
    return NOTHING
  }
}

function bodyOf(documents: readonly WorkflowDocument[], { targets, sweep, priority }: Wish): object {
  const how = { client: clientId(), ...(targets ? { targets } : {}), ...(priority ? { priority } : {}), ...(sweep ? { sweep } : {}) }
  const [one] = documents
  return documents.length === 1 ? { workflow: one, ...how } : { runs: documents.map((workflow) => ({ workflow, ...how })) }
}

function refused(tab: string, error: unknown, quiet: boolean): void {
  const problems = error instanceof ApiError ? error.problems : []
  if (problems.length > 0) useRuns.getState().patch(tab, () => ({ problems }))
  if (quiet) return
  const text = problems.length > 0 ? t('run.problems', { n: problems.length }) : error instanceof Error ? error.message : String(error)
  useUi.getState().tell('bad', text, problems.length > 0 ? { label: t('run.show'), run: () => useUi.getState().show({ side: 'problems' }) } : undefined)
}

/**
 * The documents of so many runs. Seeds that are to be new are drawn now and written into the nodes: what is shown is
 * what is used.
 */
function drawn(tab: Tab, count: number): WorkflowDocument[] {
  const document = tab.history.document
  const seeds = seedsOf(document, useEditor.getState().catalogue)
  const all = seedsOfRuns(seeds, count)
  if (seeds.some((s) => s.mode !== 'fixed')) {
    const last = all.at(-1) ?? []
    useEditor.getState().edit(t('step.seed'), (now) => setSeeds(now, last), 'seeds')
  }
  return all.map((values) => (values.length === 0 ? document : produce(document, (now) => setSeeds(now, values))))
}

export async function cancel(run: string): Promise<void> {
  try {
    await ask(`/v1/runs/${run}/cancel`, { method: 'POST' })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
  }
}
