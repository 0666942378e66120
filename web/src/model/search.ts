/** Finding node types by words: exact before prefix before word before part before letters in order. */

import type { NodeType } from './catalogue'
import { fit, mainName, type Socket } from './sockets'

export interface Query {
  words: string[]
  takes: string[]
  gives: string[]
  category: string[]
}

/** `scale in:image out:mask cat:latents`. */
export function parseQuery(text: string): Query {
  const query: Query = { words: [], takes: [], gives: [], category: [] }
  for (const part of text.trim().toLowerCase().split(/\s+/).filter(Boolean)) {
    const [key, value] = part.includes(':') ? [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)] : ['', part]
    if (key === 'in' || key === 'out' || key === 'cat') {
      if (value) (key === 'in' ? query.takes : key === 'out' ? query.gives : query.category).push(value)
    } else query.words.push(part)
  }
  return query
}

/** What a dropped link asks of a node: an input that takes this, or an output that gives it. */
export interface Wanted {
  socket: Socket
  way: 'into' | 'out-of'
}

/** The types that answer a query, best first. */
export function found(types: readonly NodeType[], text: string, wanted: Wanted | null = null): NodeType[] {
  const query = parseQuery(text)
  const ranked: { type: NodeType; rank: number }[] = []
  for (const type of types) {
    if (type.deprecated && query.words.length === 0) continue
    if (!fits(type, query) || (wanted && !offers(type, wanted))) continue
    const rank = rankOf(type, query.words)
    const common = query.words.length > 0 || !COMMON.includes(type.id) ? 0 : COMMON.indexOf(type.id) - COMMON.length
    if (rank < NONE) ranked.push({ type, rank: rank + common + (type.deprecated ? 0.5 : 0) })
  }
  return ranked
    .sort((a, b) => a.rank - b.rank || a.type.id.length - b.type.id.length || (a.type.id < b.type.id ? -1 : 1))
    .map((r) => r.type)
}

const NONE = 100
/** What nearly every workflow has: first where nothing was typed yet. */
/** The types that workflows begin with, in their order. */
export const COMMON = ['CheckpointLoader', 'TextEncode', 'KSampler', 'VAEDecode', 'SaveImage', 'EmptyLatent', 'LoadImage', 'VAEEncode', 'ImageScale', 'PreviewImage']

function rankOf(type: NodeType, words: readonly string[]): number {
  let worst = 0
  for (const word of words) worst = Math.max(worst, wordRank(type, word))
  return worst
}

function wordRank(type: NodeType, word: string): number {
  const names = [type.id, ...type.aliases]
  const best = Math.min(...names.map((name) => nameRank(name, word)))
  if (best < NONE) return best
  if (type.category.toLowerCase().includes(word)) return 6
  if (type.doc.toLowerCase().includes(word)) return 7
  return names.some((name) => inOrder(name.toLowerCase(), word)) ? 8 : NONE
}

function nameRank(name: string, word: string): number {
  const lower = name.toLowerCase()
  const short = lower.slice(lower.lastIndexOf('.') + 1)
  if (lower === word || short === word) return 0
  if (short.startsWith(word)) return 1
  const parts = name.split(/(?<=[a-z0-9])(?=[A-Z])|[._/\s-]+/).map((p) => p.toLowerCase())
  if (parts.includes(word)) return 2
  if (parts.some((p) => p.startsWith(word))) return 3
  if (parts.map((p) => p[0]).join('').startsWith(word) && word.length > 1) return 4
  return lower.includes(word) ? 5 : NONE
}

function inOrder(text: string, letters: string): boolean {
  let at = 0
  for (const c of text) if (c === letters[at]) at += 1
  return at === letters.length
}

function fits(type: NodeType, query: Query): boolean {
  const named = (sockets: readonly { socket: Socket }[], name: string) =>
    sockets.some((s) => mainName(s.socket).toLowerCase().startsWith(name))
  return (
    query.takes.every((name) => named(type.inputs, name)) &&
    query.gives.every((name) => named(type.outputs, name)) &&
    query.category.every((name) => type.category.toLowerCase().includes(name))
  )
}

/** Whether a node has an end for a link that was dropped. */
export function offers(type: NodeType, wanted: Wanted): boolean {
  return wanted.way === 'into'
    ? type.inputs.some((i) => fit(wanted.socket, i.socket) !== null && specific(i.socket, wanted.socket))
    : type.outputs.some((o) => fit(o.socket, wanted.socket) !== null)
}

/** A link of a special type goes where it is meant, not into everything that takes anything. */
function specific(target: Socket, source: Socket): boolean {
  return target !== 'Any' || source === 'Any' || typeof source !== 'string' || /^[a-z]/.test(source)
}
