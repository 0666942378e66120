/** How long runs take: estimated from those that were measured. */

import type { RunView } from './running'

const KEPT = 8
const TRIVIAL = 0.5 // seconds: everything was stored, which says nothing of the next run

export interface Times {
  /** Seconds of the newest runs, newest last, by the workflow's name. */
  readonly byName: Readonly<Record<string, readonly number[]>>
}

export const NO_TIMES: Times = { byName: {} }

export function noted(times: Times, name: string, seconds: number | null): Times {
  if (seconds === null || seconds <= 0) return times
  return { byName: { ...times.byName, [name]: [...(times.byName[name] ?? []), seconds].slice(-KEPT) } }
}

/** Runs from the newest to the oldest. */
export function timesOf(runs: readonly Pick<RunView, 'name' | 'seconds'>[]): Times {
  return [...runs].reverse().reduce((times, run) => noted(times, run.name, run.seconds), NO_TIMES)
}

/** Seconds that a run of a workflow takes: the median of its measured runs, of all where it has none; null if unknown. */
export function expected(times: Times, name: string): number | null {
  const own = times.byName[name] ?? Object.values(times.byName).flat()
  const real = own.filter((s) => s >= TRIVIAL)
  return median(real.length > 0 ? real : own)
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

/** Seconds that a run still takes after `elapsed`, of which a share is done. */
export function remaining(whole: number | null, elapsed: number, share: number): number | null {
  if (whole !== null) return Math.max(0, whole - elapsed)
  return share > 0.05 ? (elapsed / share) * (1 - share) : null
}
