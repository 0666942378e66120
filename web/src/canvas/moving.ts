/**
 * Nodes under way. While nodes are dragged React draws nothing: their elements get their place directly, wires and the
 * minimap follow, and React Flow's own table of nodes knows it, for it decides by that table what is in view. The document,
 * and with it React, hears of the drag when it ends, as one step.
 */

import type { useStoreApi } from '@xyflow/react'
import { create } from 'zustand'
import type { FlowNode, Spots, Wire } from './flow'
import type { Point } from './paths'

export type FlowStore = ReturnType<typeof useStoreApi<FlowNode, Wire>>
export interface Spot {
  x: number
  y: number
}

interface Moving {
  /** Where everything is that is dragged; empty when nothing is. */
  places: ReadonlyMap<string, Spot>
  /** Who that is: the same set from the beginning of a drag to its end. */
  ids: ReadonlySet<string>
}

const NOWHERE: Spots = new Map()
const NOBODY: ReadonlySet<string> = new Set()
const elements = new Map<string, HTMLElement>()
const OFTEN = 90 // milliseconds between two looks at what came into view
let looked = 0

export const useMoving = create<Moving>()(() => ({ places: NOWHERE, ids: NOBODY }))

/** Show nodes and frames at other places. */
export function moveTo(store: FlowStore, moved: ReadonlyMap<string, Spot>): void {
  const before = useMoving.getState()
  const known = [...moved.keys()].every((id) => before.ids.has(id))
  const places = new Map([...before.places, ...moved])
  for (const [id, spot] of moved) show(store, id, spot)
  useMoving.setState({ places, ids: known ? before.ids : new Set(places.keys()) })
  comeIntoView(store, moved)
}

/** Nothing is under way any more: everything is where React Flow's nodes say. */
export function settle(store: FlowStore): void {
  const { ids } = useMoving.getState()
  if (ids.size === 0) return
  const { nodeLookup } = store.getState()
  for (const id of ids) {
    const spot = nodeLookup.get(id)?.internals.userNode.position
    if (spot) show(store, id, spot) // React writes no place that it believes to be there
  }
  elements.clear()
  useMoving.setState({ places: NOWHERE, ids: NOBODY })
  store.setState({})
}

function show(store: FlowStore, id: string, { x, y }: Spot): void {
  const { nodeLookup } = store.getState()
  const node = nodeLookup.get(id)
  if (!node) return
  const position = { x, y }
  nodeLookup.set(id, { ...node, position, internals: { ...node.internals, positionAbsolute: position } })
  place(id, position)
}

function place(id: string, { x, y }: Spot): void {
  let element = elements.get(id)
  if (!element?.isConnected) {
    const found = document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)
    if (!found) return
    elements.set(id, found)
    element = found
  }
  element.style.transform = `translate(${x}px,${y}px)`
}

/** Of many that are dragged some may lie out of view: React Flow is told from time to time, and draws what comes in. */
function comeIntoView(store: FlowStore, moved: ReadonlyMap<string, Spot>): void {
  const { transform: [x, y, zoom], width, height, nodeLookup } = store.getState()
  const now = performance.now()
  if (moved.size < 2 || now - looked < OFTEN) return
  for (const [id, spot] of moved) {
    const { width: w = 0, height: h = 0 } = nodeLookup.get(id) ?? {}
    const [left, top] = [spot.x * zoom + x, spot.y * zoom + y]
    if (left >= 0 && top >= 0 && left + w * zoom <= width && top + h * zoom <= height) continue
    looked = now
    store.setState({})
    return
  }
}

/** The ends of a wire where its nodes are now: React Flow's own handles and rules, without a render. */
export function endsNow(store: FlowStore, wire: Pick<Wire, 'source' | 'sourceHandle' | 'target' | 'targetHandle'>): [Point, Point] | null {
  const { nodeLookup } = store.getState()
  const [source, target] = [nodeLookup.get(wire.source), nodeLookup.get(wire.target)]
  const from = source?.internals.handleBounds?.source?.find((h) => h.id === wire.sourceHandle)
  const to = target?.internals.handleBounds?.target?.find((h) => h.id === wire.targetHandle)
  if (!source || !target || !from || !to) return null
  const [a, b] = [source.internals.positionAbsolute, target.internals.positionAbsolute]
  return [[a.x + from.x + from.width, a.y + from.y + from.height / 2], [b.x + to.x, b.y + to.y + to.height / 2]]
}
