/** Nodes by the ids that runs and plans give them: "instance/node" inside of subgraphs, at any depth. */

import { sheetOf, SUBGRAPH, type NodeJson, type Sheet, type WorkflowDocument } from './document'
import { linksInto, neighbours } from './links'
import { idOfType } from './operations'

/** Whether something at a flat id is at a node, or inside of it. */
export function isWithin(flat: string | undefined, node: string): boolean {
  return flat !== undefined && (flat === node || flat.startsWith(`${node}/`))
}

/** The instances around a flat id, the innermost first: "a/b/c" gives "a/b", "a". */
export function around(flat: string): string[] {
  const parts = flat.split('/')
  return parts.slice(1).map((_, i) => parts.slice(0, parts.length - 1 - i).join('/'))
}

function insideOf(document: WorkflowDocument, node: NodeJson | undefined): string | null {
  const name = node?.type.startsWith(SUBGRAPH) ? node.type.slice(SUBGRAPH.length) : null
  return name !== null && name in (document.subgraphs ?? {}) ? name : null
}

/** The node of a flat id; undefined where there is none. */
export function nodeAt(document: WorkflowDocument, flat: string): NodeJson | undefined {
  let sheet: Sheet = document
  const path = flat.split('/')
  for (const id of path.slice(0, -1)) {
    const name = insideOf(document, sheet.nodes[id])
    if (name === null) return undefined
    sheet = sheetOf(document, name)
  }
  return sheet.nodes[path.at(-1) ?? '']
}

/** A node as its head shows it: its title, or its type; and its id where that says more. */
export function calledOf(node: NodeJson, flat: string): string {
  const id = flat.slice(flat.lastIndexOf('/') + 1)
  const type = node.type.startsWith(SUBGRAPH) ? node.type.slice(SUBGRAPH.length) : node.type.slice(node.type.lastIndexOf('.') + 1)
  return node.title ?? `${type} ${idOfType(id, node.type) ? (/\d+$/.exec(id)?.[0] ?? '') : id}`.trim()
}

/** The instances to enter, from the outside, until a node is on the open sheet. */
export function levelsTo(document: WorkflowDocument, flat: string): { instance: string; sheet: string }[] {
  const path = flat.split('/').slice(0, -1)
  return path.map((instance, depth) => ({ instance, sheet: insideOf(document, nodeAt(document, path.slice(0, depth + 1).join('/'))) ?? '' }))
}

/** Of a document whose subgraphs contain themselves, or whose instances are countless, no more is looked at. */
const MOST = 10_000
const LONGEST = 512 // characters of a flat id

interface Spot {
  sheet: Sheet
  prefix: string
  id: string
  cause: string
}

/** Everything that needs what the nodes of some flat ids give, on their sheets, around and inside of them: by flat id, which of them it is. */
export function needing(document: WorkflowDocument, flats: readonly string[]): Map<string, string> {
  const wrong = new Set(flats.filter((flat) => nodeAt(document, flat)).flatMap((flat) => [flat, ...around(flat)]))
  const found = new Map<string, Spot>()
  for (const cause of flats) {
    if (!wrong.has(cause)) continue
    let sheet: Sheet = document
    for (const [depth, id] of cause.split('/').entries()) {
      const prefix = cause.split('/').slice(0, depth).map((p) => `${p}/`).join('')
      spread(found, wrong, [...(neighbours(sheet, 'down').get(id) ?? [])].map((next) => ({ sheet, prefix, id: next, cause })))
      sheet = sheetOf(document, insideOf(document, sheet.nodes[id]))
    }
  }
  for (const spot of found.values()) spread(found, wrong, entered(document, found, wrong, spot)) // grows while it goes
  return new Map([...found].map(([flat, { cause }]) => [flat, cause]))
}

function spread(found: Map<string, Spot>, wrong: ReadonlySet<string>, waiting: Spot[]): void {
  for (let spot = waiting.pop(); spot !== undefined && found.size < MOST; spot = waiting.pop()) {
    const { sheet, prefix, id, cause } = spot
    if (found.has(prefix + id) || wrong.has(prefix + id) || !(id in sheet.nodes)) continue // and with it all that is behind it
    found.set(prefix + id, spot)
    for (const next of neighbours(sheet, 'down').get(id) ?? []) waiting.push({ sheet, prefix, id: next, cause })
  }
}

/** The nodes inside of an instance that what it lacks would have gone to. */
function entered(document: WorkflowDocument, found: ReadonlyMap<string, Spot>, wrong: ReadonlySet<string>, { sheet, prefix, id, cause }: Spot): Spot[] {
  const node = sheet.nodes[id]
  const name = insideOf(document, node)
  if (!node || name === null || prefix.length > LONGEST) return []
  const lacking = linksInto(id, node).filter((l) => found.has(prefix + l.source) || wrong.has(prefix + l.source))
  const places = lacking.flatMap((l) => document.subgraphs?.[name]?.inputs?.[l.input]?.to ?? [])
  return places.map((to) => ({ sheet: sheetOf(document, name), prefix: `${prefix}${id}/`, id: to.split('.')[0] ?? '', cause }))
}
