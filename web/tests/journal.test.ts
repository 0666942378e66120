import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyDocument, type WorkflowDocument } from '@/model/document'
import { begun, did, redone, undone, type History } from '@/model/history'
import { applied, bounded, delta, type Delta, type Kept } from '@/model/journal'

type Deed = { do: 'add' | 'type' | 'remove'; id: string; value: number } | { do: 'undo' | 'redo' }

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constantFrom('add', 'type', 'remove'), id: fc.constantFrom('a', 'b', 'c'), value: fc.nat(99) }),
  fc.record({ do: fc.constantFrom('undo', 'redo') }),
)

function after(history: History, deed: Deed, at: number): History {
  if (!('id' in deed)) return deed.do === 'undo' ? undone(history) : redone(history)
  const { id, value } = deed
  const change = (d: WorkflowDocument) => {
    if (deed.do === 'remove') Reflect.deleteProperty(d.nodes, id)
    else d.nodes[id] = { type: 'toys.Number', inputs: { value } }
  }
  return did(history, `${deed.do} ${id}`, change, at, deed.do === 'type' ? `type ${id}` : undefined)
}

/** What can be told of a history from outside: steps that may still merge look like any other. */
const told = ({ document, past, future }: History) => ({ document, past: past.map(plain), future: future.map(plain) })
const plain = ({ label, patches, inverse }: History['past'][number]) => ({ label, patches, inverse })
const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('the journal', () => {
  it('gives the same history back, whatever was done between two posts', () => {
    fc.assert(
      fc.property(fc.array(fc.array(deeds, { maxLength: 6 }), { maxLength: 12 }), (rounds) => {
        let now = begun(emptyDocument('x'))
        let kept: Kept = bounded(now)
        let server: History = overTheWire(now)
        let at = 0
        for (const round of rounds) {
          for (const deed of round) now = after(now, deed, (at += 400))
          const found = delta(kept, now)
          if (!found) throw new Error('a delta was expected')
          kept = found.kept
          server = applied(server, overTheWire<Delta>(found.delta))
          expect(told(server)).toEqual(told(now))
        }
      }),
    )
  })

  it('sends only the newest steps with a whole draft, and goes on from there', () => {
    let now = begun(emptyDocument('x'))
    for (let n = 0; n < 40; n += 1) now = after(now, { do: 'add', id: `n${n}`, value: n }, n * 5_000)
    const kept = bounded(now, JSON.stringify(now.past.at(-1)).length * 10 + 5)
    expect(kept.start).toBe(30)
    const server = { ...now, past: now.past.slice(kept.start) }
    now = after(undone(now), { do: 'add', id: 'last', value: 1 }, 1e6)
    const found = delta(kept, now)
    expect(found?.delta).toMatchObject({ keep: 9, at: 10 })
    if (found) expect(told(applied(server, found.delta)).document).toEqual(now.document)
  })

  it('asks for the whole where more was taken back than the server knows', () => {
    let now = begun(emptyDocument('x'))
    for (let n = 0; n < 10; n += 1) now = after(now, { do: 'add', id: `n${n}`, value: n }, n * 5_000)
    const kept = bounded(now, JSON.stringify(now.past.at(-1)).length * 2 + 5)
    for (let n = 0; n < 5; n += 1) now = undone(now)
    expect(delta(kept, now)).toBeNull()
  })

  it('is not confused when the oldest steps are forgotten', () => {
    let now = begun(emptyDocument('x'))
    for (let n = 0; n < 500; n += 1) now = after(now, { do: 'add', id: 'a', value: n }, n * 5_000)
    const kept = bounded(now)
    const server = now
    for (let n = 0; n < 7; n += 1) now = after(now, { do: 'add', id: 'b', value: n }, 1e7 + n * 5_000)
    const found = delta(kept, now)
    expect(found?.delta).toMatchObject({ keep: 500, at: 507 })
    if (found) expect(applied(server, found.delta).document).toEqual(now.document)
  })
})

describe('a step that is merged from many', () => {
  it('does not grow with every letter', () => {
    let now = did(begun(emptyDocument('x')), 'add', (d) => void (d.nodes.a = { type: 'T', inputs: {} }), -9_999)
    const before = now.document
    for (let n = 1; n <= 300; n += 1) now = did(now, 'type', (d) => void (d.nodes.a = { type: 'T', inputs: { text: 'x'.repeat(n) } }), n, 'type')
    for (let n = 1; n <= 300; n += 1) now = did(now, 'type', (d) => { const node = d.nodes.a; if (node?.inputs) node.inputs.text = 'y'.repeat(n) }, 300 + n, 'type')
    expect(now.past).toHaveLength(2)
    expect(JSON.stringify(now.past[1]).length).toBeLessThan(100_000)
    expect(undone(now).document).toEqual(before)
    expect(redone(undone(now)).document).toEqual(now.document)
  })
})
