/** Laying nodes out from left to right along their links. */

import dagre from '@dagrejs/dagre'
import { linksOf } from './links'
import type { Sheet } from './document'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** New places for some nodes: no overlap, links from left to right; the block's top left corner stays where it was. */
export function tidied(sheet: Sheet, boxes: ReadonlyMap<string, Box>): Map<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 36, ranksep: 84, edgesep: 18 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const [id, box] of boxes) graph.setNode(id, { width: box.width, height: box.height })
  for (const [i, { source, target }] of linksOf(sheet).entries()) {
    if (boxes.has(source) && boxes.has(target) && source !== target) graph.setEdge(source, target, {}, String(i))
  }
  dagre.layout(graph)
  const left = Math.min(...[...boxes.values()].map((b) => b.x))
  const top = Math.min(...[...boxes.values()].map((b) => b.y))
  const corner = { x: Infinity, y: Infinity }
  const laid = [...boxes].map(([id, box]) => {
    const at = graph.node(id) as { x: number; y: number }
    const place = { id, x: at.x - box.width / 2, y: at.y - box.height / 2 }
    corner.x = Math.min(corner.x, place.x)
    corner.y = Math.min(corner.y, place.y)
    return place
  })
  return new Map(laid.map(({ id, x, y }) => [id, { x: Math.round(x - corner.x + left), y: Math.round(y - corner.y + top) }]))
}

const GAP = 44

/** A place for a box near the one that it has, where it covers no other: to the right of whatever is in its way. */
export function roomFor(box: Box, taken: readonly Box[]): { x: number; y: number } {
  let { x } = box
  for (;;) {
    const left = x
    const inTheWay = taken.filter((b) => left < b.x + b.width && b.x < left + box.width && box.y < b.y + b.height && b.y < box.y + box.height)
    if (inTheWay.length === 0) return { x, y: box.y }
    x = Math.max(...inTheWay.map((b) => b.x + b.width)) + GAP
  }
}
