import { expect, test } from 'vitest'
import { described, fit, isList, isOptional, mainName, substitute, type Bindings, type Socket } from '@/model/sockets'
import pairs from './fixtures/sockets.json'

interface Pair {
  source: Socket
  target: Socket
  bound: Bindings
  after: Bindings | null
}

test('what fits is what fits in the engine, for every pair of types', () => {
  const other = (pairs as unknown as Pair[]).filter(({ source, target, bound, after }) => JSON.stringify(fit(source, target, bound)) !== JSON.stringify(after))
  expect(other).toEqual([])
  expect(pairs.length).toBeGreaterThan(500)
})

test('a type is said in words', () => {
  expect([described('Image'), described({ list: 'Image' }), described({ union: ['Image', 'None'] }), described({ choice: ['a', 'b', 'c', 'd', 'e'] })]).toEqual([
    'Image', 'list of Image', 'Image', 'one of a, b, c, d, …',
  ])
  expect([mainName({ list: { union: ['Mask', 'None'] } }), isList({ union: [{ list: 'Image' }, 'None'] }), isOptional({ union: ['Image', 'None'] })]).toEqual(['Mask', true, true])
  expect(substitute({ list: { var: 'T', bound: null } }, { T: 'Image' })).toEqual({ list: 'Image' })
})
