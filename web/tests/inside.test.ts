// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import type { WorkflowDocument } from '@/model/document'
import { around, isWithin, levelsTo, needing, nodeAt } from '@/model/inside'
import { planWithInstances, withInstances } from '@/run/instances'

const to = (from: string) => ({ from })
const DOCUMENT: WorkflowDocument = {
  calotype: 1,
  nodes: {
    a: { type: 'T' },
    one: { type: 'subgraph/outer', inputs: { x: to('a.out'), y: 1 } },
    b: { type: 'T', inputs: { x: to('one.out') } },
    free: { type: 'T' },
  },
  subgraphs: {
    outer: {
      inputs: { x: { to: ['in.x'] }, y: { to: ['d.x'] } },
      outputs: { out: { from: 'in.out' } },
      nodes: { in: { type: 'subgraph/inner' }, d: { type: 'T' }, e: { type: 'T', inputs: { x: to('d.out') } } },
    },
    inner: {
      inputs: { x: { to: ['p.x'] } },
      outputs: { out: { from: 'q.out' } },
      nodes: { p: { type: 'T' }, q: { type: 'T', inputs: { x: to('p.out') } }, r: { type: 'T' } },
    },
  },
}

describe('ids inside of subgraphs', () => {
  it('lead to the instances around them, to their node, and to the levels to enter', () => {
    expect(around('a/b/c')).toEqual(['a/b', 'a'])
    expect(isWithin('a/b', 'a') && isWithin('a', 'a') && !isWithin('ab', 'a') && !isWithin(undefined, 'a')).toBe(true)
    expect(nodeAt(DOCUMENT, 'one/in/q')).toEqual({ type: 'T', inputs: { x: { from: 'p.out' } } })
    expect([nodeAt(DOCUMENT, 'one/gone/q'), nodeAt(DOCUMENT, 'a/q')]).toEqual([undefined, undefined])
    expect(levelsTo(DOCUMENT, 'one/in/q')).toEqual([{ instance: 'one', sheet: 'outer' }, { instance: 'in', sheet: 'inner' }])
  })

  it('what needs a node is found around it and after the instances it is in', () => {
    expect(Object.fromEntries(needing(DOCUMENT, ['one/d']))).toEqual({ 'one/e': 'one/d', b: 'one/d' })
    expect(Object.fromEntries(needing(DOCUMENT, ['one/in/p']))).toEqual({ 'one/in/q': 'one/in/p', b: 'one/in/p' })
  })

  it('what needs a node is found inside of an instance, where its ports lead', () => {
    const outer = { ...DOCUMENT.subgraphs?.outer, nodes: { ...DOCUMENT.subgraphs?.outer?.nodes, in: { type: 'subgraph/inner', inputs: { x: to('d.out') } } } }
    const fed = { ...DOCUMENT, subgraphs: { ...DOCUMENT.subgraphs, outer } }
    expect([...needing(fed, ['a']).keys()].sort()).toEqual(['b', 'one', 'one/in'])
    expect([...needing(fed, ['one/d']).keys()].sort()).toEqual(['b', 'one/e', 'one/in', 'one/in/p', 'one/in/q'])
    expect(needing(fed, ['gone', 'one/gone'])).toEqual(new Map())
  })

  it('of subgraphs that contain themselves no more is looked at than can be shown', () => {
    const again: WorkflowDocument = { calotype: 1, nodes: { a: { type: 'T' }, s: { type: 'subgraph/s', inputs: { x: to('a.o') } } }, subgraphs: { s: { inputs: { x: { to: ['t.x'] } }, nodes: { t: { type: 'T' }, s: { type: 'subgraph/s', inputs: { x: to('t.o') } } } } } }
    expect(needing(again, ['a']).size).toBeLessThanOrEqual(10_000)
  })
})

describe('an instance', () => {
  it('shows how its nodes run, the worst first, and the sum of their times', () => {
    expect(withInstances({ 'i/a': { status: 'ran', seconds: 1 }, 'i/j/b': { status: 'ran', seconds: 2 }, c: { status: 'hit' } })).toMatchObject({ i: { status: 'ran', seconds: 3, inner: true }, 'i/j': { status: 'ran', seconds: 2 }, c: { status: 'hit' } })
    expect(withInstances({ 'i/a': { status: 'ran' }, 'i/b': { status: 'failed', error: 'no' } }).i).toEqual({ status: 'failed', error: 'no', inner: true })
    expect(withInstances(withInstances({ 'i/a': { status: 'running', done: 1, total: 2 } }))).toMatchObject({ i: { status: 'running', inner: true } })
    expect(withInstances({ i: { status: 'ran', seconds: 9 }, 'i/0/a': { status: 'hit' } }).i).toEqual({ status: 'ran', seconds: 9 })
  })

  it('shows what would run of it', () => {
    const hit = { status: 'hit' as const, reason: '' }
    const run = { status: 'run' as const, reason: 'seed changed' }
    expect(planWithInstances({ 'i/a': hit, 'i/b': run, 'k/a': hit, m: hit })).toEqual({ 'i/a': hit, 'i/b': run, 'k/a': hit, m: hit, i: run, k: hit })
  })
})
