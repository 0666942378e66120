/** The queue as the server has it, kept up to date by its events. */

import { create } from 'zustand'
import { ask } from './api'
import type { RunView } from './running'
import type { ServerEvent } from './socket'
import { noted, NO_TIMES, timesOf, type Times } from './times'

export interface Progress {
  /** Nodes that are done, of those that compute; and the share of the one that computes now. */
  done: number
  total: number
  part: number
  began: number
}

interface Queue {
  paused: boolean
  running: readonly RunView[]
  waiting: readonly RunView[]
  progress: Readonly<Record<string, Progress>>
  times: Times
  connected: boolean
  /** Rises whenever a run ended. */
  ended: number
}

export const useQueue = create<Queue>()(() => ({ paused: false, running: [], waiting: [], progress: {}, times: NO_TIMES, connected: false, ended: 0 }))

type Told = Pick<Queue, 'paused' | 'running' | 'waiting'> & { newest: number }

let timer = 0
const SOON = 60
const MEASURED = 50 // ended runs that are looked at for their times
/** Events after which the lists are other ones. */
const CHANGES = new Set(['RunAccepted', 'RunEdited', 'RunMoved', 'RunClaimed', 'RunCancelling', 'RunRequeued', 'RunEnded'])

/** Ask for the queue; the number of the newest event when it was read. */
export async function refreshQueue(): Promise<number> {
  const { data } = await ask<Told>('/v1/queue')
  useQueue.setState({ paused: data.paused, running: data.running, waiting: data.waiting })
  return data.newest
}

/** Look at how long runs took that ended before this page was opened. */
export async function measure(): Promise<void> {
  const { data } = await ask<{ runs: RunView[] }>(`/v1/runs?state=succeeded&limit=${MEASURED}`)
  useQueue.setState({ times: timesOf(data.runs) })
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
  useQueue.setState((s) => changed(s, event))
}

function changed(now: Queue, event: ServerEvent): Partial<Queue> {
  const known = now.progress[event.run]
  const set = (change: Partial<Progress>) => (known ? { progress: { ...now.progress, [event.run]: { ...known, ...change } } } : {})
  switch (event.event) {
    case 'RunStarted':
      return { progress: { ...now.progress, [event.run]: { done: 0, total: Number(event.total), part: 0, began: Date.now() } } }
    case 'NodeProgress':
      return set({ part: Number(event.done) / Math.max(1, Number(event.total)) })
    case 'NodeFinished':
      return event.hit === true || !known ? {} : set({ done: known.done + 1, part: 0 })
    case 'RunEnded':
      return { ended: now.ended + 1, progress: without(now.progress, event.run), ...timed(now, event) }
    default:
      return {}
  }
}

function timed(now: Queue, event: ServerEvent): Partial<Queue> {
  const run = now.running.find((r) => r.id === event.run)
  return run && event.state === 'succeeded' ? { times: noted(now.times, run.name, Number(event.seconds)) } : {}
}

function without<T>(all: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([k]) => k !== key))
}

/** The share of a run that is done, 0 to 1. */
export function shareOf({ done, total, part }: Progress): number {
  return total > 0 ? Math.min(1, (done + part) / total) : 0
}

export async function pause(on: boolean): Promise<void> {
  const { data } = await ask<Told>(`/v1/queue/${on ? 'pause' : 'resume'}`, { method: 'POST' })
  useQueue.setState({ paused: data.paused })
}

/** Put a run before another one, or last. */
export async function moveBefore(run: string, before: string | null): Promise<void> {
  await ask(`/v1/runs/${run}/move`, { method: 'POST', body: before === null ? { last: true } : { before } })
  await refreshQueue()
}
