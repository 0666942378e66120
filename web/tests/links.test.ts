import { freeze } from 'immer'
import { describe, expect, test } from 'vitest'
import { emptyDocument } from '@/model/document'
import { begun, did } from '@/model/history'
import { closesCircle, linksInto, linksOf } from '@/model/links'
import * as op from '@/model/operations'

describe('links', () => {
  test('of a node that is added, looked at and linked in one step are known after it', () => {
    const start = begun(freeze({ ...emptyDocument('w'), nodes: { a: { type: 'A' } } }, true))
    const { document } = did(start, 'add', (d) => {
      op.addNode(d, 'b', { type: 'B', inputs: { n: 1 } }, { x: 0, y: 0 })
      expect([linksOf(d), closesCircle(d, 'a', 'b')]).toEqual([[], false]) // as the search for a fitting input does
      op.connect(d, { node: 'a', output: 'out' }, { node: 'b', input: 'x', index: null }, false)
    }, 0)
    const link = { source: 'a', output: 'out', target: 'b', input: 'x', index: null }
    expect([linksOf(document), linksInto('b', document.nodes.b ?? { type: '' })]).toEqual([[link], [link]])
  })

  test('of what did not change keep their identity', () => {
    const { document } = did(begun(emptyDocument('w')), 'add', (d) => op.addNode(d, 'a', { type: 'A', inputs: { x: { from: 'b.out' } } }, { x: 0, y: 0 }), 0)
    const moved = did(begun(document), 'move', (d) => op.moveNodes(d, [['a', { x: 9, y: 9 }]]), 0).document
    expect(linksOf(moved)).toBe(linksOf(document))
  })
})
