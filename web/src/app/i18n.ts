/** Words of the page, by key: one catalogue a language, English first. */

import en from './en.json'

export type Key = keyof typeof en
type Vars = Readonly<Record<string, string | number>>

let words: Readonly<Record<string, string>> = en

/** The language's words; a key that it lacks is said in English. `pseudo` shows what was never translated. */
export function speak(language: string, catalogue?: Readonly<Record<string, string>>): void {
  words = language === 'pseudo' ? Object.fromEntries(Object.entries(en).map(([k, v]) => [k, pseudo(v)])) : { ...en, ...catalogue }
}

/** The words of a key, with `{name}` replaced. "one|many" chooses by `{n}`. */
export function t(key: Key, vars: Vars = {}): string {
  const said = words[key] ?? en[key]
  const [one, many] = said.split('|')
  const form = many !== undefined && vars.n !== 1 ? many : (one ?? said)
  return form.replace(/\{(\w+)\}/g, (all, name: string) => String(vars[name] ?? all))
}

const ACCENTS: Record<string, string> = { a: 'á', e: 'ë', i: 'í', o: 'ö', u: 'ü', n: 'ñ', c: 'ç' }

function pseudo(text: string): string {
  const accented = text.replace(/\{\w+\}|[aeiounc]/g, (found) => ACCENTS[found] ?? found)
  return accented.split('|').map((form) => `⟦${form}⟧`).join('|')
}
