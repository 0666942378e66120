/** What is known of runs and plans, by tab: outside of the documents and of undo. */

import { create } from 'zustand'
import { useEditor } from '@/app/editor'
import { around } from '@/model/inside'

export type NodeStatus = 'waiting' | 'running' | 'ran' | 'hit' | 'failed' | 'skipped' | 'cancelled'

/** Why something failed, in one sentence; the traceback is for those who ask for it. */
export interface Failure {
  message: string
  code: string
  hint?: string
  traceback?: string
}

export interface NodeRun {
  status: NodeStatus
  done?: number
  total?: number
  seconds?: number
  /** Peak memory while it ran, in bytes, and how much of that was not there before. */
  peak?: number
  grown?: number
  /** Of the device, in bytes. */
  vram?: number
  error?: string
  failure?: Failure
  /** Of an instance of a subgraph: what its nodes come to. */
  inner?: true
}

export interface FileView {
  node: string
  name: string
  digest: string
  media_type: string
  bytes: number
  kept: boolean
  /** The run that made it: a picture is downloaded with that run's record inside. */
  run?: string
}

export interface Problem {
  code: string
  message: string
  text: string
  node?: string
  input?: string
  value?: unknown
  expected?: string
  hint?: string
  suggestion?: string
  pointer?: string
}

export interface PlanMark {
  status: 'hit' | 'run' | 'later' | 'idle' | 'blocked'
  reason: string
}

export interface TabRun {
  /** The run that is shown, and the number of the last of its events that was taken in. */
  run: string | null
  seq: number
  state: string
  /** When it began, by this page's clock; null while it waits. */
  began: number | null
  seconds: number | null
  failure: Failure | null
  nodes: Readonly<Record<string, NodeRun>>
  files: Readonly<Record<string, readonly FileView[]>>
  /** What the last run that made pictures made. */
  newest: readonly FileView[]
  /** Address of the newest preview picture, by node. */
  previews: Readonly<Record<string, string>>
  plan: Readonly<Record<string, PlanMark>>
  problems: readonly Problem[]
}

export const IDLE: TabRun = {
  run: null, seq: 0, state: '', began: null, seconds: null, failure: null,
  nodes: {}, files: {}, newest: [], previews: {}, plan: {}, problems: [],
}

interface Runs {
  tabs: Readonly<Record<string, TabRun>>
  patch: (tab: string, change: (now: TabRun) => Partial<TabRun>) => void
  forget: (tab: string) => void
}

export const useRuns = create<Runs>()((set) => ({
  tabs: {},
  patch: (tab, change) =>
    set((s) => {
      const now = s.tabs[tab] ?? IDLE
      return { tabs: { ...s.tabs, [tab]: { ...now, ...change(now) } } }
    }),
  forget: (tab) => set((s) => ({ tabs: Object.fromEntries(Object.entries(s.tabs).filter(([k]) => k !== tab)) })),
}))

export function tabRun(tab: string): TabRun {
  return useRuns.getState().tabs[tab] ?? IDLE
}

export function isLive(state: string): boolean {
  return state === 'running' || state === 'queued'
}

/** Whether the last run had nothing to compute: all that it gave was stored. */
export function wasStored({ state, nodes }: TabRun): boolean {
  const all = Object.values(nodes)
  return state === 'succeeded' && all.length > 0 && all.every((n) => n.status === 'hit')
}

/** A part of what is known of the open tab. */
export function useTabRun<T>(select: (run: TabRun) => T): T {
  const active = useEditor((s) => s.active)
  return useRuns((s) => select(s.tabs[active] ?? IDLE))
}

const byNode = new WeakMap<readonly Problem[], ReadonlyMap<string, Problem>>()

/** The first problem of a node, or of anything inside of it. Every node on the canvas asks, whenever anything happens. */
export function problemAt(problems: readonly Problem[], flat: string): Problem | undefined {
  let known = byNode.get(problems)
  if (!known) {
    const found = new Map<string, Problem>()
    for (const problem of problems) {
      if (problem.node === undefined) continue
      for (const at of [problem.node, ...around(problem.node)]) if (!found.has(at)) found.set(at, problem)
    }
    known = found
    byNode.set(problems, known)
  }
  return known.get(flat)
}
