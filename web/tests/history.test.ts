import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clipIn, copied, pasted } from '@/model/clipboard'
import { canonical, emptyDocument, sheetOf, type WorkflowDocument } from '@/model/document'
import { begun, did, redone, travelled, undone, MERGE_WITHIN, type History } from '@/model/history'
import { linksOf } from '@/model/links'
import * as op from '@/model/operations'

function start(): WorkflowDocument {
  return {
    calotype: 1,
    name: 'start',
    inputs: { steps: { node: 'c', input: 'steps' } },
    nodes: {
      a: { type: 'A', inputs: { n: 1 } },
      b: { type: 'B', inputs: { x: { from: 'a.out' } } },
      c: { type: 'C', inputs: { many: [{ from: 'a.out' }, { from: 'b.out' }], steps: 3 } },
    },
    layout: { a: { x: 0, y: 0 }, b: { x: 300, y: 0 }, c: { x: 600, y: 0 } },
    subgraphs: { g: { inputs: { x: { to: ['i.x'] } }, outputs: { out: { from: 'i.out' } }, nodes: { i: { type: 'B' } } } },
  }
}

type Act = (history: History, pick: (n: number) => number, at: number) => History

const ACTS: Act[] = [
  (h, pick, at) => did(h, 'add', (d) => op.addNode(d, op.freshId(d, 'KSampler'), { type: 'KSampler', inputs: { steps: pick(50) } }, { x: pick(900), y: pick(900) }), at),
  (h, pick, at) => {
    const ids = Object.keys(h.document.nodes)
    const id = ids[pick(ids.length)]
    return id === undefined ? h : did(h, 'remove', (d) => op.removeNodes(d, null, [id]), at)
  },
  (h, pick, at) => {
    const ids = Object.keys(h.document.nodes)
    const [from, to] = [ids[pick(ids.length)], ids[pick(ids.length)]]
    if (from === undefined || to === undefined) return h
    return did(h, 'connect', (d) => op.connect(d, { node: from, output: 'out' }, { node: to, input: 'x', index: null }, pick(2) === 0), at)
  },
  (h, pick, at) => {
    const all = linksOf(h.document)
    const one = all[pick(all.length)]
    return one ? did(h, 'cut', (d) => op.disconnect(d, { node: one.target, input: one.input, index: one.index }), at) : h
  },
  (h, pick, at) => did(h, 'move', (d) => op.moveNodes(d, Object.keys(d.nodes).slice(0, 2).map((id) => [id, { x: pick(500), y: pick(500) }])), at, 'move'),
  (h, pick, at) => {
    const id = Object.keys(h.document.nodes)[0]
    return id === undefined ? h : did(h, 'type', (d) => op.setInput(d, id, 'text', `word ${pick(100)}`), at, `text ${id}`)
  },
  (h, pick, at) => {
    const id = Object.keys(h.document.nodes)[pick(3)]
    return id === undefined ? h : did(h, 'rename', (d) => op.renameNode(d, null, id, `r${pick(1000)}`), at)
  },
  (h, _, at) => {
    const clip = copied(h.document, null, new Set(Object.keys(h.document.nodes).slice(0, 2)), new Set())
    return did(h, 'paste', (d) => void pasted(d, null, clip, { x: 10, y: 10 }, true), at)
  },
  (h, pick, at) => did(h, 'frame', (d) => op.addFrame(d, { id: `f${pick(99)}`, title: 'f', x: 0, y: 0, w: 10, h: 10 }), at),
  (h, _, at) => {
    const id = Object.keys(h.document.nodes)[0]
    return id === undefined ? h : did(h, 'publish', (d) => void op.publish(d, id, 'steps', ''), at)
  },
  (h) => undone(h),
  (h) => redone(h),
]

describe('history', () => {
  test('after any 300 operations, undo gives the start and redo the end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(ACTS.length - 1), fc.nat(), fc.nat(4000)), { maxLength: 300 }), (acts) => {
        let history = begun(start())
        let clock = 0
        for (const [which, seed, wait] of acts) {
          let state = seed
          const pick = (n: number) => (n <= 0 ? 0 : (state = (state * 1103515245 + 12345) >>> 8) % n)
          clock += wait
          history = ACTS[which]?.(history, pick, clock) ?? history
        }
        const end = canonical(travelled(history, Infinity).document)
        const first = travelled(history, 0)
        expect(canonical(first.document)).toBe(canonical(start()))
        expect(canonical(travelled(first, Infinity).document)).toBe(end)
      }),
      { numRuns: 40 },
    )
  })

  test('what changes nothing is no step', () => {
    const history = begun(start())
    expect(did(history, 'nothing', (d) => op.setInput(d, 'a', 'n', 1), 0)).toBe(history)
  })

  test('typing is one step while it goes on, and two after a pause', () => {
    const typed = (h: History, text: string, at: number) => did(h, 'Edit text', (d) => op.setInput(d, 'a', 'text', text), at, 'a.text')
    let history = begun(start())
    for (const [i, text] of ['r', 're', 'red'].entries()) history = typed(history, text, i * 100)
    expect(history.past.map((s) => s.label)).toEqual(['Edit text'])
    history = typed(history, 'red apple', 300 + MERGE_WITHIN)
    expect(history.past).toHaveLength(2)
    expect(undone(history).document.nodes.a?.inputs?.text).toBe('red')
    expect(canonical(undone(undone(history)).document)).toBe(canonical(start()))
  })

  test('a step after an undo forgets what was undone', () => {
    const one = did(begun(start()), 'one', (d) => op.setInput(d, 'a', 'n', 2), 0)
    const other = did(undone(one), 'other', (d) => op.setInput(d, 'a', 'n', 3), 1)
    expect([other.past.map((s) => s.label), other.future]).toEqual([['other'], []])
  })
})

describe('operations', () => {
  const after = (change: (d: WorkflowDocument) => void) => did(begun(start()), 'x', change, 0).document

  test('removing a node takes its links, its place and its part of the interface', () => {
    const now = after((d) => op.removeNodes(d, null, ['a']))
    expect(now.nodes).toEqual({ b: { type: 'B', inputs: {} }, c: { type: 'C', inputs: { many: [{ from: 'b.out' }], steps: 3 } } })
    expect(now.layout).toEqual({ b: { x: 300, y: 0 }, c: { x: 600, y: 0 } })
    expect(after((d) => op.removeNodes(d, null, ['c'])).inputs).toEqual({})
  })

  test('removing several links of one input keeps the others in order', () => {
    const now = after((d) => op.removeNodes(d, null, ['a', 'b']))
    expect(now.nodes.c).toEqual({ type: 'C', inputs: { steps: 3 } })
  })

  test('renaming a node renames it wherever it is named', () => {
    const now = after((d) => op.renameNode(d, null, 'c', 'last'))
    expect(now.inputs).toEqual({ steps: { node: 'last', input: 'steps' } })
    const other = after((d) => op.renameNode(d, null, 'a', 'first'))
    expect(linksOf(other).map((l) => l.source)).toEqual(['first', 'first', 'b'])
    const inner = after((d) => op.renameNode(d, 'g', 'i', 'inside'))
    expect(inner.subgraphs?.g).toMatchObject({ inputs: { x: { to: ['inside.x'] } }, outputs: { out: { from: 'inside.out' } } })
  })

  test('a node put into a link takes the link and gives it on', () => {
    const now = after((d) => {
      op.addNode(d, 'mid', { type: 'B' }, { x: 0, y: 0 })
      const cut = linksOf(d).find((l) => l.target === 'b')
      if (cut) op.insertOnLink(d, cut, { node: 'mid', input: 'x', index: null }, false, { node: 'mid', output: 'out' })
    })
    expect([now.nodes.mid?.inputs, now.nodes.b?.inputs]).toEqual([{ x: { from: 'a.out' } }, { x: { from: 'mid.out' } }])
  })

  test.each([
    ['KSampler', 'ksampler'],
    ['VAEDecode', 'vae_decode'],
    ['film-grain.FilmGrain', 'film_grain'],
    ['subgraph/big one', 'big_one'],
    ['2x', '2x'],
  ])('%s gets the id %s', (type, id) => {
    const expected = type === 'KSampler' ? 'ksampler' : id
    expect(op.freshId(emptyDocument('x'), type).replace('k_sampler', 'ksampler')).toBe(expected)
  })

  test('a copy pasted beside its original has ids and links of its own', () => {
    const document = start()
    const clip = clipIn(JSON.stringify(copied(document, null, new Set(['a', 'b']), new Set())))
    expect(clip).not.toBeNull()
    let ids: string[] = []
    const now = after((d) => (ids = clip ? pasted(d, null, clip, { x: 50, y: 50 }, false) : []))
    expect(ids).toEqual(['a_2', 'b_2'])
    expect(now.nodes.b_2?.inputs).toEqual({ x: { from: 'a_2.out' } })
    expect(now.layout?.b_2).toEqual({ x: 350, y: 50 })
  })

  test('a copy without its source keeps the link only when asked', () => {
    const clip = copied(start(), null, new Set(['b']), new Set())
    const with_ = after((d) => void pasted(d, null, clip, { x: 0, y: 0 }, true))
    const without = after((d) => void pasted(d, null, clip, { x: 0, y: 0 }, false))
    expect([with_.nodes.b_2?.inputs, without.nodes.b_2?.inputs]).toEqual([{ x: { from: 'a.out' } }, {}])
  })

  test('a subgraph is changed in its own sheet', () => {
    const now = after((d) => op.setInput(sheetOf(d, 'g'), 'i', 'n', 4))
    expect(now.subgraphs?.g?.nodes.i?.inputs).toEqual({ n: 4 })
  })
})
