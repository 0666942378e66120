/** Runs and the tabs that show them: each event is taken in once and in order, whatever the connection did. */

import { useEditor } from '@/app/editor'
import { t, type Key } from '@/app/i18n'
import { usePrefs } from '@/app/prefs'
import { useUi } from '@/app/ui'
import { needing } from '@/model/inside'
import { ask } from './api'
import { applied, recorded, withFiles, type RunRecord } from './events'
import type { RunView } from './running'
import { logOf, type PreviewFrame, type ServerEvent } from './socket'
import { isLive, tabRun, useRuns, type NodeRun } from './state'

/** Runs that belong to a tab, and those whose log is being read. */
const owners = new Map<string, string>()
const reading = new Map<string, { wanted: number }>()

/** The last events of runs of nobody: a quick run may have ended before the answer to its submission is here. */
const strays: ServerEvent[] = []
const STRAYS = 300

export function ownerOf(run: string): string | undefined {
  return owners.get(run)
}

/** Runs that were sent from a tab: it shows each as its turn comes, the first at once where nothing else is shown. */
export function own(tab: string, runs: readonly string[], now = false): void {
  for (const run of runs) owners.set(run, tab)
  const shown = tabRun(tab)
  const first = runs[0]
  if (first !== undefined && (now || !isLive(shown.state))) follow(tab, first)
  for (const event of strays.filter((e) => runs.includes(e.run))) onEvent(event)
}

/** Show a run in a tab. What was known of the one before is forgotten, but for its pictures. */
export function follow(tab: string, run: string): void {
  owners.set(run, tab)
  forgetPreviews(tab)
  useRuns.getState().patch(tab, () => ({ run, seq: 0, state: 'queued', began: null, seconds: null, failure: null, nodes: {}, previews: {} }))
}

/** Take an event of the stream to the tab whose run it is. */
export function onEvent(event: ServerEvent): void {
  const tab = owners.get(event.run)
  if (tab === undefined) {
    if (strays.push(event) > STRAYS) strays.shift()
    return
  }
  const now = tabRun(tab)
  if (now.run !== event.run) {
    if (event.event === 'RunEnded') useRuns.getState().patch(tab, (known) => withFiles(known, event.files, event.run))
    if (event.event !== 'RunClaimed' || now.state === 'running') return
    follow(tab, event.run) // its turn has come
    useRuns.getState().patch(tab, () => ({ seq: event.seq - 1 }))
  }
  const { seq } = tabRun(tab)
  if (event.seq <= seq) return
  if (event.seq > seq + 1) void catchUp(tab, event.run, event.seq)
  else take(tab, event)
}

function take(tab: string, event: ServerEvent): void {
  useRuns.getState().patch(tab, (now) => applied(now, event))
  if (event.event === 'RunEnded') ended(tab, event)
}

/** Read a run's log from what is known on, up to the event of number `wanted`. */
export async function catchUp(tab: string, run: string, wanted: number): Promise<void> {
  const under = reading.get(run)
  if (under) {
    under.wanted = Math.max(under.wanted, wanted)
    return
  }
  const goal = { wanted }
  reading.set(run, goal)
  try {
    await logOf(run, tabRun(tab).seq, (event) => {
      if (tabRun(tab).run !== run) return false
      if (event.seq > tabRun(tab).seq) take(tab, event)
      return tabRun(tab).seq < goal.wanted
    })
  } finally {
    reading.delete(run)
  }
}

/** What needs a node that failed was not tried: it is marked with the reason. */
function markBlocked(tab: string): void {
  const document = useEditor.getState().tabs.find((x) => x.id === tab)?.history.document
  if (!document) return
  const { nodes } = tabRun(tab)
  const failed = Object.entries(nodes).flatMap(([id, node]) => (node.status === 'failed' && node.inner !== true ? [id] : []))
  const found: Record<string, NodeRun> = {}
  for (const [id, cause] of needing(document, failed)) if (!(id in nodes)) found[id] = { status: 'skipped', error: cause }
  useRuns.getState().patch(tab, () => ({ nodes: { ...found, ...nodes } }))
}

function ended(tab: string, event: ServerEvent): void {
  if (event.state === 'failed') markBlocked(tab)
  const now = tabRun(tab)
  if (event.state === 'failed' || event.state === 'quarantined') {
    useUi.getState().tell('bad', now.failure?.message ?? t('run.failed'), { label: t('run.show'), run: () => useUi.getState().show({ side: 'problems' }) })
  } else useUi.getState().announce(t('said.run', { state: t(`state.${String(event.state)}` as Key) }))
  forgetPreviews(tab)
  void measured(tab, event.run)
}

/** Times and peak memory of each node, from the record of a run that ended. */
async function measured(tab: string, run: string): Promise<void> {
  const record = await ask<RunRecord>(`/v1/runs/${run}/record`).catch(() => null) // cancelled before it began: there is none
  if (record && tabRun(tab).run === run) useRuns.getState().patch(tab, (now) => ({ nodes: { ...now.nodes, ...recorded(record.data) } }))
}

function forgetPreviews(tab: string): void {
  for (const url of Object.values(tabRun(tab).previews)) URL.revokeObjectURL(url)
  useRuns.getState().patch(tab, () => ({ previews: {} }))
}

const KEPT = 500 // milliseconds until a picture that was replaced is let go

export function onPreview(frame: PreviewFrame): void {
  const tab = owners.get(frame.run)
  if (!usePrefs.getState().previews || tab === undefined || tabRun(tab).run !== frame.run || !isLive(tabRun(tab).state)) return
  const url = URL.createObjectURL(frame.jpeg)
  const before = tabRun(tab).previews[frame.node]
  if (before) setTimeout(() => URL.revokeObjectURL(before), KEPT)
  useRuns.getState().patch(tab, (now) => ({ previews: { ...now.previews, [frame.node]: url } }))
}

/** Show again what a tab showed before the page was loaded: a run that goes on is followed, one that ended is read. */
export async function resume(tab: string, id: string): Promise<void> {
  const { data: run } = await ask<RunView>(`/v1/runs/${id}`)
  if (!useEditor.getState().tabs.some((x) => x.id === tab) || tabRun(tab).run !== null) return
  follow(tab, id)
  if (isLive(run.state)) {
    useRuns.getState().patch(tab, () => ({ state: run.state }))
    if (run.last_seq > 0) await catchUp(tab, id, run.last_seq)
    return
  }
  useRuns.getState().patch(tab, (now) => ({ state: run.state, seq: run.last_seq, seconds: run.seconds, ...withFiles(now, run.files, id) }))
  await measured(tab, id)
  if (run.state === 'failed') markBlocked(tab)
}
