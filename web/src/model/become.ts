/** Making one document of another by the fewest changes, so that a step holds what changed and nothing else. */

import { canonical, isObject } from './document'

type Parts = Record<string, unknown>

/** Objects whose keys stand in an order that means something: the public interface and ports. */
const ORDERED = new Set(['inputs', 'outputs'])

/** Change a draft so that it equals a value. Parts that are equal stay the same objects. */
export function become(draft: object, wanted: object): void {
  const [held, goal] = [draft as Parts, wanted as Parts]
  for (const key of Object.keys(held)) if (!(key in goal)) Reflect.deleteProperty(held, key)
  for (const [key, value] of Object.entries(goal)) {
    const before = held[key]
    if (canonical(before) === canonical(value) && key in held && (!ORDERED.has(key) || sameOrder(before, value))) continue
    if (isObject(before) && isObject(value) && !ORDERED.has(key)) become(before, value)
    else held[key] = value
  }
}

function sameOrder(a: unknown, b: unknown): boolean {
  return !isObject(a) || !isObject(b) || Object.keys(a).join('\n') === Object.keys(b).join('\n')
}
