/** What is known of runs and plans, by tab: outside of the documents and of undo. */

import { create } from 'zustand'
import { useEditor } from '@/app/editor'

export type NodeStatus = 'waiting' | 'running' | 'ran' | 'hit' | 'failed' | 'skipped' | 'cancelled'

export interface NodeRun {
  status: NodeStatus
  done?: number
  total?: number
  seconds?: number
  /** Peak memory while it ran, in bytes. */
  peak?: number
  error?: string
}

export interface FileView {
  node: string
  name: string
  digest: string
  media_type: string
  bytes: number
  kept: boolean
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
  status: 'hit' | 'run' | 'later' | 'idle'
  reason: string
}

export interface TabRun {
  run: string | null
  state: string
  nodes: Readonly<Record<string, NodeRun>>
  files: Readonly<Record<string, readonly FileView[]>>
  /** Address of the newest preview picture, by node. */
  previews: Readonly<Record<string, string>>
  plan: Readonly<Record<string, PlanMark>>
  problems: readonly Problem[]
}

export const IDLE: TabRun = { run: null, state: '', nodes: {}, files: {}, previews: {}, plan: {}, problems: [] }

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

/** A part of what is known of the open tab. */
export function useTabRun<T>(select: (run: TabRun) => T): T {
  const active = useEditor((s) => s.active)
  return useRuns((s) => select(s.tabs[active] ?? IDLE))
}
