import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acted, NOTHING, redone, showing, undone, type Act } from '@/mask/strokes'
import { asName, fillIn, movePublic, renamePublic, valuesOf } from '@/model/form'
import { readPng, writePng } from '@/model/png'
import type { WorkflowDocument } from '@/model/document'
import { computed } from '@/widgets/arithmetic'
import { bytesSaid, found } from '@/widgets/options'
import { embeddingAt, weighted } from '@/widgets/weights'

describe('weights of words', () => {
  const at = (text: string, start: number, end = start, by = 0.05) => weighted({ text, start, end }, by)?.text

  it.each([
    ['a red apple', 3, 3, 'a (red:1.05) apple'],
    ['a red apple', 2, 11, 'a (red apple:1.05)'],
    ['a (red:1.05) apple', 4, 4, 'a (red:1.1) apple'],
    ['a (red) apple', 4, 4, 'a (red:1.15) apple'],
    ['a (red apple:1.2), x', 3, 12, 'a (red apple:1.25), x'],
    ['((a:1.2) b:1.1)', 3, 3, '((a:1.25) b:1.1)'],
    ['smile \\(big\\) now', 1, 1, '(smile:1.05) \\(big\\) now'],
  ])('%s at %d to %d', (text, start, end, after) => expect(at(text, start, end)).toBe(after))

  it('does nothing where there is no word', () => expect(at('a , b', 2)).toBeUndefined())

  it('is taken back by its opposite', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('red', 'apple', 'of', 'sun'), { minLength: 1 }), fc.nat(20), fc.constantFrom(0.05, -0.05), (words, place, by) => {
      const text = words.join(' ')
      const once = weighted({ text, start: place % text.length, end: place % text.length }, by)
      if (once) expect(weighted(once, -by)?.text).toBe(text)
    }))
  })

  it('knows where an embedding is named', () => {
    expect(embeddingAt('a, embedding:bad')).toBe('bad')
    expect(embeddingAt('(embedding:')).toBe('')
    expect(embeddingAt('embedding:bad hands')).toBeNull()
    expect(embeddingAt('unembedding:bad')).toBeNull()
  })
})

it.each([['512', 512], ['0,5', 0.5], ['1024/2+64', 576], ['-(2+3)*2', -10], ['1e3', 1000], ['.5', 0.5], ['', null], ['2+', null], ['a', null], ['1/0', null], ['(2', null]])(
  'the number %s', (text, value) => expect(computed(text)).toBe(value),
)

it('finds options by every word, those that begin with it first', () => {
  const options = ['dpmpp_2m', 'euler', 'heun', 'euler_ancestral', 'seeds_2'].map((label) => ({ value: label, label }))
  expect(found(options, 'e').map((o) => o.label)).toEqual(['euler', 'euler_ancestral', 'heun', 'seeds_2'])
  expect(found(options, 'anc eul').map((o) => o.label)).toEqual(['euler_ancestral'])
  expect(found(options, ' ')).toBe(options)
  expect([999, 1500, 31_000_000, 2.4e9, 7e12].map(bytesSaid)).toEqual(['999 B', '1.5 kB', '31 MB', '2.4 GB', '7000 GB'])
})

it('a picture is the same after it was written and read, also where it is transparent', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.infiniteStream(fc.nat(255)), async (width, height, bytes) => {
    const rgba = Uint8Array.from({ length: width * height * 4 }, () => bytes.next().value as number)
    const file = new Uint8Array(await (await writePng({ width, height, rgba })).arrayBuffer())
    expect(await readPng(file)).toEqual({ width, height, rgba })
  }), { numRuns: 25 })
  expect(await readPng(new Uint8Array([1, 2, 3]))).toBeNull()
})

it('what was done to a mask can be taken back and done again', () => {
  const act = fc.constantFrom<Act>({ kind: 'invert' }, { kind: 'clear' }, { kind: 'fill' }, { kind: 'stroke', erase: false, size: 3, opacity: 1, points: [[0, 0, 1]] })
  fc.assert(fc.property(fc.array(act), (all) => {
    const full = all.reduce(acted, NOTHING)
    const none = all.reduce(undone, full)
    expect(none.done).toEqual([])
    expect(all.reduce(redone, none)).toEqual(full)
    const { blank, acts } = showing(all)
    expect(blank).toBe(all.some((a) => a.kind === 'clear' || a.kind === 'fill'))
    expect(acts.slice(1).some((a) => a.kind === 'clear' || a.kind === 'fill')).toBe(false)
  }))
})

describe('the form', () => {
  const document = (): WorkflowDocument => ({
    calotype: 1,
    inputs: { a: { node: 'n', input: 'x' }, b: { node: 'n', input: 'y' }, c: { node: 'm', input: 'z' } },
    nodes: { n: { type: 'N', inputs: { x: 1, y: { from: 'm.out' } } }, m: { type: 'M' } },
  })

  it('renames at its place, and never over another', () => {
    const d = document()
    renamePublic(d, 'b', 'size')
    renamePublic(d, 'c', 'a')
    expect(Object.keys(d.inputs ?? {})).toEqual(['a', 'size', 'c'])
    expect(['Size of it!', '3d', ' ', 'ok_1'].map(asName)).toEqual(['size_of_it', 'input_3d', '', 'ok_1'])
  })

  it('moves within its ends', () => {
    const d = document()
    movePublic(d, 'a', 5)
    movePublic(d, 'c', -1)
    expect(Object.keys(d.inputs ?? {})).toEqual(['c', 'b', 'a'])
  })

  it('takes older values, but for what is linked and for nodes of another type', () => {
    const d = document()
    const older = document()
    older.nodes.n = { type: 'N', inputs: { x: 7, y: 8 } }
    older.nodes.m = { type: 'Other', inputs: { z: 1 } }
    const values = valuesOf(d, older)
    expect([...values]).toEqual([['a', 7]])
    fillIn(d, values)
    expect(d.nodes.n?.inputs?.x).toBe(7)
  })
})
