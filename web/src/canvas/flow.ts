/** From a document's sheet to what React Flow draws. What did not change keeps its identity, so nothing is drawn twice. */

import { Position, type Edge, type Node, type NodeHandle } from '@xyflow/react'
import type { Tab } from '@/app/editor'
import type { NodeType } from '@/model/catalogue'
import type { Frame, NodeJson, Place, Sheet } from '@/model/document'
import { shapeOf, SOCKET, type Shape } from '@/model/geometry'
import { linkId, linksInto, placeKey, type Link } from '@/model/links'
import { mainName } from '@/model/sockets'
import type { Typing } from '@/model/typing'

export interface NodeData extends Record<string, unknown> {
  /** The tab that it is in, and the id that it has in runs and plans. */
  tab: string
  flat: string
  node: NodeJson
  type: NodeType
  shape: Shape
  /** Inputs whose link is shown by name. */
  named: readonly string[]
}
export interface FrameData extends Record<string, unknown> {
  frame: Frame
}
export interface WireData extends Record<string, unknown> {
  link: Link
  kind: string
  bends: readonly [number, number][]
}
export type GraphNode = Node<NodeData, 'node'>
export type FrameNode = Node<FrameData, 'frame'>
export type FlowNode = GraphNode | FrameNode
export type Wire = Edge<WireData, 'wire'>
export type Spots = ReadonlyMap<string, { x: number; y: number; w?: number; h?: number }>

export const FRAME = 'frame:'
const NO_NAMES: readonly string[] = []
const NO_BENDS: readonly [number, number][] = []
const HALF = SOCKET / 2

export function inHandle(input: string, index: number | null): string {
  return `in:${placeKey(input, index)}`
}

export function outHandle(output: string): string {
  return `out:${output}`
}

/** Input and index, or output, of a handle's id. */
export function handleEnd(handle: string): { way: 'source' | 'target'; name: string; index: number | null } {
  const way = handle.startsWith('out:') ? 'source' : 'target'
  const said = handle.slice(handle.indexOf(':') + 1)
  const dot = said.lastIndexOf('.')
  if (way === 'source' || dot < 0) return { way, name: said, index: null }
  return { way, name: said.slice(0, dot), index: Number(said.slice(dot + 1)) }
}

interface KeptNode {
  node: NodeJson
  type: NodeType
  place: Place | undefined
  spot: Spot | undefined
  selected: boolean
  made: GraphNode
}

interface KeptFrame {
  frame: Frame
  spot: Spot | undefined
  selected: boolean
  made: FrameNode
}

interface KeptWires {
  from: readonly unknown[]
  made: Wire[]
}

/** Makes React Flow's nodes and edges of one canvas, and remembers them. */
export class Flow {
  private nodes = new Map<string, KeptNode>()
  private frames = new Map<string, KeptFrame>()
  private wires = new Map<string, KeptWires>()
  private readonly tab: string
  private readonly prefix: string

  constructor(tab: Pick<Tab, 'id' | 'levels'>) {
    this.tab = tab.id
    this.prefix = tab.levels.map((l) => `${l.instance}/`).join('')
  }

  nodesOf(sheet: Sheet, typing: Typing, selected: ReadonlySet<string>, frames: ReadonlySet<string>, spots: Spots): FlowNode[] {
    const all: FlowNode[] = []
    this.frames = new Map((sheet.frames ?? []).map((frame) => {
      const kept = this.frameOf(frame, spots.get(FRAME + frame.id), frames.has(frame.id))
      all.push(kept.made)
      return [frame.id, kept]
    }))
    const now = new Map<string, KeptNode>()
    for (const [id, node] of Object.entries(sheet.nodes)) {
      const kept = this.nodeOf(id, node, typing.typeOf(sheet, id, node), sheet.layout?.[id], spots.get(id), selected.has(id))
      now.set(id, kept)
      all.push(kept.made)
    }
    this.nodes = now
    return all
  }

  private frameOf(frame: Frame, spot: Spot | undefined, selected: boolean): KeptFrame {
    const known = this.frames.get(frame.id)
    if (known?.frame === frame && known.spot === spot && known.selected === selected) return known
    return { frame, spot, selected, made: frameNode(frame, spot, selected) }
  }

  private nodeOf(id: string, node: NodeJson, type: NodeType, place: Place | undefined, spot: Spot | undefined, selected: boolean): KeptNode {
    const known = this.nodes.get(id)
    const inside = known?.node === node && known.type === type && known.spot === spot
    if (inside && known.place === place && known.selected === selected) return known
    const look = inside && sameButWhere(known.place, place) ? known.made : null
    const data = { tab: this.tab, flat: this.prefix + id }
    return { node, type, place, spot, selected, made: look ? elsewhere(look, place ?? NOWHERE, spot, selected) : graphNode(id, data, node, type, place ?? NOWHERE, spot, selected) }
  }

  wiresOf(sheet: Sheet, typing: Typing): Wire[] {
    const now = new Map<string, KeptWires>()
    const all: Wire[] = []
    for (const [id, node] of Object.entries(sheet.nodes)) {
      const links = linksInto(id, node)
      if (links.length === 0) continue
      const sources = links.map((l) => sheet.nodes[l.source])
      const from = [node, sheet.layout?.[id]?.bends, sheet.layout?.[id]?.named, sheet.layout?.[id]?.collapsed, typing.catalogue, ...sources]
      const known = this.wires.get(id)
      const kept = known && sameItems(known.from, from) ? known : { from, made: wiresInto(sheet, typing, id, links) }
      now.set(id, kept)
      all.push(...kept.made)
    }
    this.wires = now
    return all
  }
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i])
}

const NOWHERE: Place = { x: 0, y: 0 }

/** Whether a node looks the same at both places. */
function sameButWhere(a: Place | undefined, b: Place | undefined): boolean {
  return a?.w === b?.w && a?.h === b?.h && a?.collapsed === b?.collapsed && a?.named === b?.named
}

/** The same node at another place: what is drawn inside of it stays as it is. */
function elsewhere(known: GraphNode, place: Place, spot: Spot | undefined, selected: boolean): GraphNode {
  return { ...known, position: { x: spot?.x ?? place.x, y: spot?.y ?? place.y }, selected }
}

function graphNode(id: string, own: Pick<NodeData, 'tab' | 'flat'>, node: NodeJson, type: NodeType, place: Place, spot: Spot | undefined, selected: boolean): GraphNode {
  const sized = spot?.w === undefined ? place : { ...place, w: spot.w, ...(spot.h === undefined ? {} : { h: spot.h }) }
  const shape = shapeOf(type, node, sized)
  return {
    id, type: 'node', position: { x: spot?.x ?? place.x, y: spot?.y ?? place.y }, selected,
    data: { ...own, node, type, shape, named: place.named ?? NO_NAMES }, width: shape.width, height: shape.height,
    measured: { width: shape.width, height: shape.height },
    handles: handlesOf(shape), dragHandle: '.grip', ariaLabel: node.title ?? type.id,
  }
}

interface Spot {
  x: number
  y: number
  w?: number
  h?: number
}

function handlesOf(shape: Shape): NodeHandle[] {
  const inputs = shape.rows.map(
    (row): NodeHandle => ({
      id: inHandle(row.input.name, row.index), type: 'target', position: Position.Left,
      x: -HALF, y: socketY(row) - HALF, width: SOCKET, height: SOCKET,
    }),
  )
  const outputs = shape.outputs.map(
    ({ name, y }): NodeHandle => ({
      id: outHandle(name), type: 'source', position: Position.Right,
      x: shape.width - HALF, y: y - HALF, width: SOCKET, height: SOCKET,
    }),
  )
  return [...inputs, ...outputs]
}

/** Where a row's socket is; at a tall field it stands at the label. */
export function socketY(row: { kind: string; y: number; height: number }): number {
  return row.kind === 'text' ? row.y + 12 : row.y + row.height / 2
}

function frameNode(frame: Frame, spot: Spot | undefined, selected: boolean): FrameNode {
  const [width, height] = [spot?.w ?? frame.w, spot?.h ?? frame.h]
  return {
    id: FRAME + frame.id, type: 'frame', position: { x: spot?.x ?? frame.x, y: spot?.y ?? frame.y },
    data: { frame }, width, height, measured: { width, height }, zIndex: below(width, height), selected, connectable: false, dragHandle: '.grip',
    ariaLabel: frame.title,
  }
}

/** Larger frames lie below smaller ones, so that a frame inside of another can be reached. */
function below(width: number, height: number): number {
  return -10 - Math.min(900, Math.round(Math.hypot(width, height) / 20))
}

function wiresInto(sheet: Sheet, typing: Typing, target: string, links: readonly Link[]): Wire[] {
  const place = sheet.layout?.[target]
  const wires: Wire[] = []
  for (const link of links) {
    const source = sheet.nodes[link.source]
    if (!source || place?.named?.includes(link.input)) continue
    const output = typing.typeOf(sheet, link.source, source).outputs.find((o) => o.name === link.output)
    if (!output) continue
    wires.push({
      id: linkId(link), type: 'wire', source: link.source, sourceHandle: outHandle(link.output),
      target, targetHandle: inHandle(link.input, link.index),
      data: { link, kind: mainName(output.socket), bends: place?.bends?.[placeKey(link.input, link.index)] ?? NO_BENDS },
    })
  }
  return wires
}

/** The nodes whose boxes lie inside of a frame. */
export function members(frame: Frame, nodes: readonly FlowNode[]): GraphNode[] {
  return nodes.filter((n): n is GraphNode => {
    if (n.type !== 'node') return false
    const { x, y } = n.position
    return x >= frame.x && y >= frame.y && x + (n.width ?? 0) <= frame.x + frame.w && y + (n.height ?? 0) <= frame.y + frame.h
  })
}

/** The frames that lie inside of a frame. */
export function within(frame: Frame, nodes: readonly FlowNode[]): FrameNode[] {
  return nodes.filter((n): n is FrameNode => {
    if (n.type !== 'frame' || n.data.frame.id === frame.id) return false
    const { x, y, w, h } = n.data.frame
    return x >= frame.x && y >= frame.y && x + w <= frame.x + frame.w && y + h <= frame.y + frame.h
  })
}
