/** Links between nodes: how the document writes them, and how they are found. */

import { isObject, isSettled, type Json, type NodeJson, type Sheet } from './document'

export interface Link {
  source: string
  output: string
  target: string
  input: string
  /** Position in an input that takes several; null where it takes one. */
  index: number | null
}

export function linkId(link: Pick<Link, 'target' | 'input' | 'index'>): string {
  return `${link.target}.${placeKey(link.input, link.index)}`
}

/** "input", or "input.index" for one item of an input that takes several. */
export function placeKey(input: string, index: number | null): string {
  return index === null ? input : `${input}.${index}`
}

/** Node and output of "node.output"; null where it is not of that form. */
export function parseEnd(end: string): { node: string; output: string } | null {
  const dot = end.lastIndexOf('.')
  return dot < 1 ? null : { node: end.slice(0, dot), output: end.slice(dot + 1) }
}

/** The "node.output" that a value links to; null for everything else. */
export function linkedTo(value: Json | undefined): { node: string; output: string } | null {
  if (!isObject(value)) return null
  const from = value.from
  return typeof from === 'string' && Object.keys(value).length === 1 ? parseEnd(from) : null
}

export function link(node: string, output: string): Json {
  return { from: `${node}.${output}` }
}

/** The links into one node, in the order of its inputs. */
export function linksInto(target: string, node: NodeJson): Link[] {
  const known = cache.get(node)
  if (known) return known
  const found: Link[] = []
  for (const [input, value] of Object.entries(node.inputs ?? {})) {
    const one = linkedTo(value)
    if (one) found.push({ source: one.node, output: one.output, target, input, index: null })
    else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        const each = linkedTo(item)
        if (each) found.push({ source: each.node, output: each.output, target, input, index })
      })
    }
  }
  if (isSettled(node)) cache.set(node, found)
  return found
}

// A node that is settled is never changed in place, and it stands under one id. One that a step just added is not settled.
const cache = new WeakMap<NodeJson, Link[]>()

export function linksOf(sheet: Sheet): readonly Link[] {
  return isSettled(sheet.nodes) ? tableOf(sheet.nodes).links : gathered(sheet.nodes)
}

function gathered(nodes: Sheet['nodes']): Link[] {
  const found: Link[] = []
  for (const [id, node] of Object.entries(nodes)) for (const link of linksInto(id, node)) found.push(link)
  return found
}

/** What is derived of the nodes of a sheet: they keep their identity until one of them changes, wherever they are moved. */
interface Table {
  links: readonly Link[]
  up: Map<string, string[]> | null
  down: Map<string, string[]> | null
  /** What the last question for everything before a node was answered: links are judged by it one after another. */
  before: { source: string; found: Set<string> } | null
}

const tables = new WeakMap<Sheet['nodes'], Table>()

function tableOf(nodes: Sheet['nodes']): Table {
  const known = tables.get(nodes)
  if (known) return known
  const made: Table = { links: gathered(nodes), up: null, down: null, before: null }
  tables.set(nodes, made)
  return made
}

/** The neighbours of every node against the links ("up") or along them ("down"). */
export function neighbours(sheet: Sheet, way: 'up' | 'down'): ReadonlyMap<string, readonly string[]> {
  const table = isSettled(sheet.nodes) ? tableOf(sheet.nodes) : null
  const known = table?.[way]
  if (known) return known
  const next = new Map<string, string[]>()
  for (const { source, target } of table?.links ?? linksOf(sheet)) {
    const [a, b] = way === 'up' ? [target, source] : [source, target]
    const list = next.get(a)
    if (list) list.push(b)
    else next.set(a, [b])
  }
  if (table) table[way] = next
  return next
}

/** The nodes that are reached from some nodes against the links ("up") or along them ("down"), themselves included. */
export function reached(sheet: Sheet, from: Iterable<string>, way: 'up' | 'down'): Set<string> {
  const next = neighbours(sheet, way)
  const found = new Set<string>()
  const waiting = [...from]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue
    found.add(id)
    for (const other of next.get(id) ?? []) waiting.push(other)
  }
  return found
}

/** Whether a link from `source` to `target` would close a circle. */
export function closesCircle(sheet: Sheet, source: string, target: string): boolean {
  if (!isSettled(sheet.nodes)) return reached(sheet, [source], 'up').has(target)
  const table = tableOf(sheet.nodes)
  if (table.before?.source !== source) table.before = { source, found: reached(sheet, [source], 'up') }
  return table.before.found.has(target)
}
