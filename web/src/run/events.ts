/** What an event of a run changes in what is known of it. */

import { withInstances } from './instances'
import type { ServerEvent } from './socket'
import type { Failure, FileView, NodeRun, TabRun } from './state'

/** What is known of a run after one more event. */
export function applied(now: TabRun, event: ServerEvent): Partial<TabRun> {
  return { seq: Math.max(now.seq, event.seq), ...changed(now, event) }
}

function changed(now: TabRun, event: ServerEvent): Partial<TabRun> {
  const node = typeof event.node === 'string' ? event.node : ''
  const set = (change: NodeRun): Partial<TabRun> => {
    const nodes = { ...now.nodes, [node]: change }
    return { nodes: node.includes('/') ? withInstances(nodes) : nodes }
  }
  switch (event.event) {
    case 'RunClaimed':
    case 'RunStarted':
      return { state: 'running', began: now.began ?? Date.now() - event.at * 1000 }
    case 'RunRequeued':
      return { state: 'queued', nodes: {}, began: null }
    case 'NodeStarted':
      return set({ status: 'running' })
    case 'NodeProgress':
      return set({ status: 'running', done: Number(event.done), total: Number(event.total) })
    case 'NodeFinished':
      return set(event.hit === true ? { status: 'hit' } : { status: 'ran', seconds: Number(event.seconds) })
    case 'NodeFailed': {
      const failure = failureOf(event.error)
      return set({ status: 'failed', error: failure.message, failure })
    }
    case 'NodeSkipped':
      return set({ status: 'skipped', error: String(event.because) })
    case 'RunEnded':
      return over(now, event)
    default:
      return {}
  }
}

function over(now: TabRun, event: ServerEvent): Partial<TabRun> {
  const state = String(event.state)
  const failure = event.error ? failureOf(event.error) : null
  return { state, failure, seconds: typeof event.seconds === 'number' ? event.seconds : null, nodes: settled(now.nodes), ...withFiles(now, event.files, event.run) }
}

/** Nodes that were computing when the run ended were stopped. */
function settled(nodes: TabRun['nodes']): TabRun['nodes'] {
  return Object.fromEntries(Object.entries(nodes).map(([id, n]) => [id, n.status === 'running' ? { status: 'cancelled' as const } : n]))
}

/** An error as the server writes it: `message` of the node itself where it says one. */
export function failureOf(error: unknown): Failure {
  if (typeof error !== 'object' || error === null) return { message: String(error), code: '' }
  const said = error as { message?: unknown; code?: unknown; traceback?: unknown; problems?: { message?: string; hint?: string }[] }
  const first = said.problems?.[0]
  return {
    message: first?.message ?? (typeof said.message === 'string' ? said.message : ''),
    code: typeof said.code === 'string' ? said.code : '',
    ...(first?.hint ? { hint: first.hint } : {}),
    ...(typeof said.traceback === 'string' && said.traceback ? { traceback: said.traceback } : {}),
  }
}

export function withFiles(now: TabRun, files: unknown, run: string): Partial<TabRun> {
  if (!Array.isArray(files)) return {}
  const found: Record<string, FileView[]> = {}
  const all = (files as FileView[]).map((file) => ({ ...file, run }))
  for (const file of all) (found[file.node] ??= []).push(file)
  const pictures = all.filter(isPicture)
  return { files: { ...now.files, ...found }, ...(pictures.length > 0 ? { newest: pictures } : {}) }
}

export function isPicture(file: Pick<FileView, 'media_type'>): boolean {
  return file.media_type.startsWith('image/')
}

interface NodeRecord {
  status: string
  seconds?: number
  rss?: [number, number, number]
  vram?: [number, number, number]
  error?: unknown
}

export interface RunRecord {
  seconds?: number
  nodes?: Record<string, NodeRecord>
}

/** The nodes of a run as its record has them: with times and memory. */
export function recorded(record: RunRecord): Record<string, NodeRun> {
  return withInstances(Object.fromEntries(Object.entries(record.nodes ?? {}).filter(([, n]) => n.status !== 'idle').map(([id, n]) => [id, nodeOf(n)])))
}

function nodeOf(said: NodeRecord): NodeRun {
  const failure = said.error ? failureOf(said.error) : null
  return {
    status: said.status as NodeRun['status'],
    ...(said.seconds === undefined ? {} : { seconds: said.seconds }),
    ...(said.rss ? { peak: said.rss[1], grown: Math.max(0, said.rss[1] - said.rss[0]) } : {}),
    ...(said.vram ? { vram: said.vram[1] } : {}),
    ...(failure ? { failure, error: failure.message } : {}),
  }
}
