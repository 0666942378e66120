/** The queue as the server has it, kept up to date by its events. */

import { create } from 'zustand'
import { ask } from './api'
import type { RunView } from './running'
import type { ServerEvent } from './socket'

interface Queue {
  paused: boolean
  running: readonly RunView[]
  waiting: readonly RunView[]
  /** Share of each running run that is done, 0 to 1. */
  progress: Readonly<Record<string, { done: number; total: number }>>
  connected: boolean
}

export const useQueue = create<Queue>()(() => ({ paused: false, running: [], waiting: [], progress: {}, connected: false }))

let timer = 0
const SOON = 60
/** Events after which the lists are other ones. */
const CHANGES = new Set(['RunAccepted', 'RunEdited', 'RunMoved', 'RunClaimed', 'RunCancelling', 'RunRequeued', 'RunEnded'])

export async function refreshQueue(): Promise<void> {
  const { data } = await ask<Pick<Queue, 'paused' | 'running' | 'waiting'>>('/v1/queue')
  useQueue.setState({ paused: data.paused, running: data.running, waiting: data.waiting })
}

function soon(): void {
  clearTimeout(timer)
  timer = window.setTimeout(() => void refreshQueue().catch(() => undefined), SOON) // the stream says when it is back
}

export function noteRun(_: readonly RunView[]): void {
  soon()
}

export function onQueueEvent(event: ServerEvent): void {
  if (CHANGES.has(event.event)) soon()
  if (event.event === 'RunStarted') useQueue.setState((s) => ({ progress: { ...s.progress, [event.run]: { done: 0, total: Number(event.total) } } }))
  if (event.event === 'NodeFinished' && event.hit !== true) {
    useQueue.setState((s) => {
      const now = s.progress[event.run]
      return now ? { progress: { ...s.progress, [event.run]: { ...now, done: now.done + 1 } } } : s
    })
  }
}

export async function pause(on: boolean): Promise<void> {
  const { data } = await ask<Pick<Queue, 'paused' | 'running' | 'waiting'>>(`/v1/queue/${on ? 'pause' : 'resume'}`, { method: 'POST' })
  useQueue.setState({ paused: data.paused })
}
