/** Every word of the page stands in the catalogue, under a key that is used. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '@/app/en.json'

const SRC = join(import.meta.dirname, '../src')
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join(SRC, name), 'utf8'))
  .join('\n')
const known = new Set(Object.keys(en))
/** Keys that are put together, as `help.${group}`: what stands before the first hole. */
const begun = [...sources.matchAll(/`([a-z][a-z.]*\.)\$\{/g)].map((m) => m[1] ?? '')
const quoted = new Set([...sources.matchAll(/'([a-z][a-z0-9.]*)'/gi)].map((m) => m[1] ?? ''))

describe('the catalogue of words', () => {
  it('has every key that is asked for', () => {
    const asked = [...sources.matchAll(/\bt\(\s*'([^']+)'/g)].map((m) => m[1] ?? '')
    const chosen = [...sources.matchAll(/\bt\([^()]*\? '([^']+)' : '([^']+)'/g)].flatMap((m) => [m[1] ?? '', m[2] ?? ''])
    expect([...asked, ...chosen].filter((key) => !known.has(key))).toEqual([])
  })

  it('has no key that nobody asks for', () => {
    expect([...known].filter((key) => !quoted.has(key) && !begun.some((start) => key.startsWith(start)))).toEqual([])
  })

  it('is sorted, and says something under each key', () => {
    expect([...known]).toEqual([...known].sort())
    expect(Object.entries(en).filter(([, words]) => words.trim() === '')).toEqual([])
  })

  it('keeps the same holes in the forms for one and for many', () => {
    const holes = (form: string) => [...form.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join()
    const wrong = Object.entries(en).filter(([, words]) => new Set(words.split('|').map(holes)).size > 1 && !words.includes('{n}'))
    expect(wrong).toEqual([])
  })
})
