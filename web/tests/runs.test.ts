// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import { applied, recorded } from '@/run/events'
import { IDLE } from '@/run/state'
import { expected, noted, NO_TIMES, remaining, timesOf } from '@/run/times'
import type { ServerEvent } from '@/run/socket'
import { seedsOfRuns, type Seed } from '@/widgets/seeds'

const event = (seq: number, kind: string, more: object = {}): ServerEvent => ({ event: kind, run: 'r', seq, n: seq, attempt: 1, at: 0, ...more })
const file = { node: 'save', name: 'a.png', digest: 'blake3:1', media_type: 'image/png', bytes: 3, kept: true }

describe('what is known of a run', () => {
  it('follows its events from the start to its pictures', () => {
    const events = [
      event(1, 'RunAccepted'), event(2, 'RunStarted', { total: 2 }), event(3, 'NodeFinished', { node: 'a', hit: true, seconds: 0 }), event(4, 'NodeStarted', { node: 'b' }),
      event(5, 'NodeProgress', { node: 'b', done: 3, total: 9 }), event(6, 'NodeFinished', { node: 'b', hit: false, seconds: 1.5 }), event(7, 'RunEnded', { state: 'succeeded', seconds: 2, files: [file], error: null }),
    ]
    const end = events.reduce((now, e) => ({ ...now, ...applied(now, e) }), IDLE)
    expect(end).toMatchObject({ seq: 7, state: 'succeeded', seconds: 2, failure: null, nodes: { a: { status: 'hit' }, b: { status: 'ran', seconds: 1.5 } } })
    expect(end.newest).toEqual([{ ...file, run: 'r' }])
    expect(end.files).toEqual({ save: [{ ...file, run: 'r' }] })
  })

  it('keeps the pictures of the run before when the next one makes none', () => {
    const before = { ...IDLE, ...applied(IDLE, event(1, 'RunEnded', { state: 'succeeded', files: [file] })) }
    expect(applied(before, event(2, 'RunEnded', { state: 'failed', files: [], error: { message: 'no' } })).newest).toBeUndefined()
  })

  it('says why a node failed, and that what still ran was stopped', () => {
    const error = { code: 'node', message: 'node "b": ValueError: no', problems: [{ message: 'ValueError: no', hint: 'try' }], traceback: 'Traceback' }
    const failure = { message: 'ValueError: no', code: 'node', hint: 'try', traceback: 'Traceback' }
    const running = { ...IDLE, nodes: { a: { status: 'running' as const } } }
    expect(applied(running, event(1, 'NodeFailed', { node: 'b', error })).nodes?.b).toEqual({ status: 'failed', error: 'ValueError: no', failure })
    expect(applied(running, event(2, 'RunEnded', { state: 'cancelled' })).nodes).toEqual({ a: { status: 'cancelled' } })
  })

  it('has times and peak memory from the record', () => {
    const nodes = { a: { status: 'ran', seconds: 2, rss: [10, 30, 20] as [number, number, number] }, b: { status: 'idle' }, c: { status: 'hit' } }
    expect(recorded({ nodes })).toEqual({ a: { status: 'ran', seconds: 2, peak: 30, grown: 20 }, c: { status: 'hit' } })
  })
})

describe('how long runs take', () => {
  it('is the median of the measured runs of the workflow, and of all where it has none', () => {
    const times = timesOf([{ name: 'a', seconds: 9 }, { name: 'a', seconds: 5 }, { name: 'a', seconds: 1 }, { name: 'b', seconds: 2 }])
    expect([expected(times, 'a'), expected(times, 'b'), expected(NO_TIMES, 'a')]).toEqual([5, 2, null])
    expect(expected(times, 'new')).toBe(5)
  })

  it('does not count runs of which everything was stored, if there are others', () => {
    const times = [0.01, 0.02, 7].reduce((now, s) => noted(now, 'a', s), NO_TIMES)
    expect(expected(times, 'a')).toBe(7)
  })

  it('is what is left of it, or follows from the share that is done', () => {
    expect([remaining(10, 4, 0), remaining(10, 14, 0.9), remaining(null, 3, 0.25), remaining(null, 3, 0)]).toEqual([6, 0, 9, null])
  })
})

describe('the seeds of several runs', () => {
  const seed = (mode: Seed['mode'], value = 7): Seed => ({ sheet: null, node: mode, input: 'seed', value, mode })
  const values = (runs: Seed[][]) => runs.map((run) => run.map((s) => s.value))

  it('stay for one run where they are fixed, and end with the one that is shown for several', () => {
    expect(values(seedsOfRuns([seed('fixed')], 1))).toEqual([[]])
    expect(values(seedsOfRuns([seed('fixed')], 3))).toEqual([[9], [8], [7]])
  })

  it('are counted or drawn for each run, and those that are fixed stay', () => {
    expect(values(seedsOfRuns([seed('fixed', 1), seed('next')], 3))).toEqual([[8], [9], [10]])
    const drawn = values(seedsOfRuns([seed('random')], 20)).flat()
    expect(new Set(drawn).size).toBe(20)
    expect(drawn.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true)
  })
})
