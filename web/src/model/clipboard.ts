/** Nodes on the clipboard: JSON text that any editor shows and another tab takes. */

import { isObject, sheetOf, type Frame, type Json, type NodeJson, type Place, type SheetName, type Subgraph, type WorkflowDocument } from './document'
import { addFrame, addNode, freshId, remapped } from './operations'

export interface Clip {
  'calotype-nodes': 1
  nodes: Record<string, NodeJson>
  layout: Record<string, Place>
  frames: Frame[]
  subgraphs: Record<string, Subgraph>
}

/** What some nodes and frames are on the clipboard. */
export function copied(document: WorkflowDocument, name: SheetName, ids: ReadonlySet<string>, frames: ReadonlySet<string>): Clip {
  const sheet = sheetOf(document, name)
  const entries = Object.entries(sheet.nodes).filter(([id]) => ids.has(id))
  const used = subgraphsUsed(document, entries.map(([, n]) => n))
  return {
    'calotype-nodes': 1,
    nodes: Object.fromEntries(entries),
    layout: Object.fromEntries(entries.map(([id]) => [id, sheet.layout?.[id] ?? { x: 0, y: 0 }])),
    frames: (sheet.frames ?? []).filter((f) => frames.has(f.id)),
    subgraphs: used,
  }
}

function subgraphsUsed(document: WorkflowDocument, nodes: NodeJson[]): Record<string, Subgraph> {
  const found: Record<string, Subgraph> = {}
  const waiting = [...nodes]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const name = node.type.replace(/^subgraph\//, '')
    const graph = document.subgraphs?.[name]
    if (name === node.type || !graph || name in found) continue
    found[name] = graph
    waiting.push(...Object.values(graph.nodes))
  }
  return found
}

/** The clip in a text; null where there is none. */
export function clipIn(text: string): Clip | null {
  if (!text.trimStart().startsWith('{')) return null
  try {
    const said: unknown = JSON.parse(text)
    if (!isObject(said) || said['calotype-nodes'] !== 1 || !isObject(said.nodes)) return null
    return { layout: {}, frames: [], subgraphs: {}, ...said } as unknown as Clip
  } catch {
    return null
  }
}

/**
 * Put a clip into a sheet, its top left corner at a point; the ids of the new nodes.
 * keepLinks: links from nodes outside of the clip are kept where the sheet has such nodes.
 */
export function pasted(document: WorkflowDocument, name: SheetName, clip: Clip, at: { x: number; y: number }, keepLinks: boolean): string[] {
  const sheet = sheetOf(document, name)
  const taken = new Set<string>()
  const ids = new Map<string, string>()
  for (const [id, node] of Object.entries(clip.nodes)) {
    const fresh = id in sheet.nodes || taken.has(id) ? freshId(sheet, baseOf(id) || node.type, taken) : id
    ids.set(id, fresh)
    taken.add(fresh)
  }
  const places = [...Object.values(clip.layout), ...clip.frames]
  const left = Math.min(...places.map((p) => p.x))
  const top = Math.min(...places.map((p) => p.y))
  const shift = (p: { x: number; y: number }) => ({ x: Math.round(p.x - left + at.x), y: Math.round(p.y - top + at.y) })
  for (const [id, node] of Object.entries(clip.nodes)) {
    const place = clip.layout[id] ?? { x: left, y: top }
    const { bends: _, ...rest } = place
    addNode(sheet, ids.get(id) ?? id, relinkedNode(node, ids, (o) => keepLinks && o in sheet.nodes), { ...rest, ...shift(place) })
  }
  for (const frame of clip.frames) addFrame(sheet, { ...frame, ...shift(frame), id: freshFrame(sheet.frames ?? []) })
  for (const [key, graph] of Object.entries(clip.subgraphs)) {
    document.subgraphs = { ...document.subgraphs }
    document.subgraphs[key] ??= graph
  }
  return [...ids.values()]
}

function relinkedNode(node: NodeJson, ids: ReadonlyMap<string, string>, keep: (id: string) => boolean): NodeJson {
  const inputs: Record<string, Json> = {}
  for (const [input, value] of Object.entries(node.inputs ?? {})) {
    const now = remapped(value, ids, keep)
    if (now !== undefined) inputs[input] = now
  }
  return { ...node, ...(node.inputs ? { inputs } : {}) }
}

function baseOf(id: string): string {
  return id.replace(/_\d+$/, '')
}

export function freshFrame(frames: readonly Frame[]): string {
  for (let n = frames.length + 1; ; n += 1) if (!frames.some((f) => f.id === `frame_${n}`)) return `frame_${n}`
}
