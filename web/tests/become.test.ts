import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { become } from '@/model/become'
import { emptyDocument, type WorkflowDocument } from '@/model/document'
import { begun, did, undone } from '@/model/history'

function two(): WorkflowDocument {
  return {
    calotype: 1,
    name: 'two',
    inputs: { text: { node: 'a', input: 'text' }, size: { node: 'b', input: 'n' } },
    nodes: { a: { type: 'A', inputs: { text: 'x' } }, b: { type: 'B', inputs: { n: 1, from: { from: 'a.out' } } } },
    layout: { a: { x: 0, y: 0 }, b: { x: 300, y: 0 } },
  }
}

const changed = (change: (d: WorkflowDocument) => void): WorkflowDocument => {
  const copy = structuredClone(two())
  change(copy)
  return copy
}

/** The step that leads from one document to another. */
const stepTo = (goal: WorkflowDocument) => did(begun(two()), 'become', (d) => become(d, goal), 0)

describe('becoming another document', () => {
  test('is a step with nothing but the change', () => {
    const { document, past } = stepTo(changed((d) => { d.nodes.b = { type: 'B', inputs: { n: 2, from: { from: 'a.out' } } } }))
    expect(document.nodes.b?.inputs).toEqual({ n: 2, from: { from: 'a.out' } })
    expect(JSON.stringify(past[0]?.patches)).not.toContain('layout')
  })

  test('leaves what is equal as the same object, so that nothing of it is drawn again', () => {
    const before = begun(two())
    const { document } = did(before, 'become', (d) => become(d, changed((w) => { w.name = 'other' })), 0)
    expect(document.nodes).toBe(before.document.nodes)
    expect(document.layout).toBe(before.document.layout)
  })

  test('is no step where nothing is different, whatever the order of keys that mean nothing', () => {
    const turned = { layout: { b: { y: 0, x: 300 }, a: { x: 0, y: 0 } }, ...two() }
    expect(stepTo(turned).past).toEqual([])
  })

  test('follows the order of the public interface', () => {
    const { document } = stepTo(changed((d) => { d.inputs = { size: { node: 'b', input: 'n' }, text: { node: 'a', input: 'text' } } }))
    expect(Object.keys(document.inputs ?? {})).toEqual(['size', 'text'])
  })

  test('takes away what is not there any more', () => {
    const { document } = stepTo({ calotype: 1, name: 'two', nodes: {} })
    expect(document).toEqual({ calotype: 1, name: 'two', nodes: {} })
  })

  test('reaches any document, and undo comes back', () => {
    const json = fc.dictionary(fc.constantFrom('a', 'b', 'inputs', 'x'), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
    fc.assert(fc.property(json, json, (one, other) => {
      const start = { ...emptyDocument('start'), one } as unknown as WorkflowDocument
      const goal = { ...emptyDocument('goal'), one: other } as unknown as WorkflowDocument
      const now = did(begun(start), 'become', (d) => become(d, goal), 0)
      expect(now.document).toEqual(goal)
      expect(undone(now).document).toEqual(start)
    }), { numRuns: 60 })
  })
})
