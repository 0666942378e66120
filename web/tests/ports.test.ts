import { describe, expect, test } from 'vitest'
import type { WorkflowDocument } from '@/model/document'
import { begun, did, undone } from '@/model/history'
import * as ports from '@/model/ports'

/** a -> [inner: x -> add -> out] -> b, and the same subgraph inside of another one. */
function nested(): WorkflowDocument {
  return {
    calotype: 1,
    name: 'nested',
    inputs: { amount: { node: 'one', input: 'n' } },
    outputs: { result: { from: 'one.out' } },
    nodes: {
      a: { type: 'A' },
      one: { type: 'subgraph/inner', inputs: { x: { from: 'a.out' }, n: 3 }, map: ['n'] },
      b: { type: 'B', inputs: { many: [{ from: 'a.out' }, { from: 'one.out' }], single: { from: 'one.out' } } },
      deep: { type: 'subgraph/outer' },
    },
    layout: { one: { x: 0, y: 0, named: ['x'], bends: { x: [[1, 2]] } } },
    subgraphs: {
      inner: {
        inputs: { x: { to: ['add.x'] }, n: { to: ['add.n'] } },
        outputs: { out: { from: 'add.sum' } },
        nodes: { add: { type: 'Add', inputs: { n: 1 } } },
      },
      outer: {
        inputs: { n: { to: ['in.n'] } },
        outputs: { out: { from: 'in.out' } },
        nodes: { in: { type: 'subgraph/inner' } },
      },
    },
  }
}

const after = (change: (d: WorkflowDocument) => unknown): WorkflowDocument => {
  const now = did(begun(nested()), 'change', (d) => void change(d), 0)
  expect(undone(now).document).toEqual(nested())
  return now.document
}

describe('ports of subgraphs', () => {
  test('an input that is a port already keeps it; another gets a name of its own', () => {
    const names: (string | null)[] = []
    const { subgraphs } = after((d) => {
      names.push(ports.promoteInput(d, 'inner', 'add', 'x'), ports.promoteInput(d, 'inner', 'mul', 'x'), ports.promoteInput(d, 'none', 'add', 'x'))
    })
    expect(names).toEqual(['x', 'x_2', null])
    expect(subgraphs?.inner?.inputs).toEqual({ x: { to: ['add.x'] }, n: { to: ['add.n'] }, x_2: { to: ['mul.x'] } })
  })

  test('an output becomes a port once', () => {
    const names: (string | null)[] = []
    const { subgraphs } = after((d) => {
      names.push(ports.promoteOutput(d, 'inner', 'add', 'sum'), ports.promoteOutput(d, 'inner', 'add', 'out'))
    })
    expect(names).toEqual(['out', 'out_2'])
    expect(subgraphs?.inner?.outputs).toEqual({ out: { from: 'add.sum' }, out_2: { from: 'add.out' } })
  })

  test('a renamed input is renamed wherever it is named: values, maps, wires, the public interface, ports around it', () => {
    const now = after((d) => ports.renamePort(d, 'inner', 'inputs', 'n', 'count'))
    expect(now.nodes.one).toEqual({ type: 'subgraph/inner', inputs: { x: { from: 'a.out' }, count: 3 }, map: ['count'] })
    expect(now.inputs).toEqual({ amount: { node: 'one', input: 'count' } })
    expect(now.subgraphs?.inner?.inputs).toEqual({ x: { to: ['add.x'] }, count: { to: ['add.n'] } })
    expect(now.subgraphs?.outer?.inputs).toEqual({ n: { to: ['in.count'] } })
    const wired = after((d) => ports.renamePort(d, 'inner', 'inputs', 'x', 'left'))
    expect(wired.layout?.one).toEqual({ x: 0, y: 0, named: ['left'], bends: { left: [[1, 2]] } })
  })

  test('a renamed output takes its links with it, single ones and those of lists', () => {
    const now = after((d) => ports.renamePort(d, 'inner', 'outputs', 'out', 'sum'))
    expect(now.nodes.b?.inputs).toEqual({ many: [{ from: 'a.out' }, { from: 'one.sum' }], single: { from: 'one.sum' } })
    expect(now.outputs).toEqual({ result: { from: 'one.sum' } })
    expect(now.subgraphs?.outer?.outputs).toEqual({ out: { from: 'in.sum' } })
  })

  test('a name that is taken, or is none, is refused', () => {
    expect(after((d) => expect(ports.renamePort(d, 'inner', 'inputs', 'n', 'x')).toBe(false))).toEqual(nested())
    expect(after((d) => expect(ports.renamePort(d, 'inner', 'inputs', 'n', '2 words')).toBe(false))).toEqual(nested())
    expect([ports.isName('cfg_2'), ports.isName(''), ports.isName('a.b')]).toEqual([true, false, false])
  })

  test('with an input that is taken away go its values and what named it', () => {
    const now = after((d) => ports.removePort(d, 'inner', 'inputs', 'n'))
    expect(now.nodes.one?.inputs).toEqual({ x: { from: 'a.out' } })
    expect(now.inputs).toEqual({})
    expect(now.subgraphs?.outer?.inputs).toEqual({ n: { to: [] } })
  })

  test('with an output that is taken away go the links from it', () => {
    const now = after((d) => ports.removePort(d, 'inner', 'outputs', 'out'))
    expect(now.nodes.b?.inputs).toEqual({ many: [{ from: 'a.out' }] })
    expect([now.outputs, now.subgraphs?.outer?.outputs, now.subgraphs?.inner?.outputs]).toEqual([{}, {}, {}])
  })

  test('ports are put in order, and at the ends stay', () => {
    const order = (d: WorkflowDocument) => Object.keys(d.subgraphs?.inner?.inputs ?? {})
    expect(order(after((d) => ports.orderPort(d, 'inner', 'inputs', 'n', -1)))).toEqual(['n', 'x'])
    expect(order(after((d) => ports.orderPort(d, 'inner', 'inputs', 'n', 1)))).toEqual(['x', 'n'])
  })

  test('a port has a default, and loses it', () => {
    const given = after((d) => ports.setPortDefault(d, 'inner', 'n', 7))
    expect(given.subgraphs?.inner?.inputs?.n).toEqual({ to: ['add.n'], default: 7 })
    const now = did(begun(given), 'none', (d) => ports.setPortDefault(d, 'inner', 'n', undefined), 0)
    expect(now.document).toEqual(nested())
  })

  test('a renamed subgraph is renamed at every instance, on every sheet', () => {
    const now = after((d) => expect(ports.renameSubgraph(d, 'inner', 'sum')).toBe(true))
    expect([now.nodes.one?.type, now.subgraphs?.outer?.nodes.in?.type, Object.keys(now.subgraphs ?? {})]).toEqual(['subgraph/sum', 'subgraph/sum', ['sum', 'outer']])
    expect(after((d) => expect(ports.renameSubgraph(d, 'inner', 'outer')).toBe(false))).toEqual(nested())
  })
})
