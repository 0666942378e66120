/** From afar all links are one path: React Flow draws none of them. Those of nodes under way are a second one. */

import { useStoreApi, ViewportPortal } from '@xyflow/react'
import { memo, useEffect, useMemo, useRef } from 'react'
import { linksOf, type Link } from '@/model/links'
import type { Sheet } from '@/model/document'
import { inHandle, outHandle, type FlowNode, type GraphNode, type Wire } from './flow'
import { endsNow, useMoving } from './moving'
import { farPath, type Point } from './paths'

export const FarWires = memo(function FarWires({ sheet, nodes }: { sheet: Sheet; nodes: readonly FlowNode[] }) {
  const moving = useMoving((s) => s.ids)
  const links = useMemo(() => linksOf(sheet).filter(({ target, input }) => !sheet.layout?.[target]?.named?.includes(input)), [sheet])
  const still = useMemo(() => {
    const at = new Map(nodes.filter((n): n is GraphNode => n.type === 'node').map((n) => [n.id, n]))
    return links.filter((l) => !moving.has(l.source) && !moving.has(l.target)).map((l) => pathOf(at, l)).join('')
  }, [links, nodes, moving])
  const carried = useMemo(() => links.filter((l) => moving.has(l.source) || moving.has(l.target)), [links, moving])
  return (
    <ViewportPortal>
      <svg className="far-wires" aria-hidden="true">
        <path d={still} />
      </svg>
      {carried.length > 0 && <Carried links={carried} />}
    </ViewportPortal>
  )
})

/** The links of nodes under way. */
function Carried({ links }: { links: readonly Link[] }) {
  const path = useRef<SVGPathElement>(null)
  const store = useStoreApi<FlowNode, Wire>()
  useEffect(() => {
    const draw = () => {
      const all = links.map((l) => {
        const ends = endsNow(store, { source: l.source, sourceHandle: outHandle(l.output), target: l.target, targetHandle: inHandle(l.input, l.index) })
        return ends ? farPath(...ends) : ''
      })
      path.current?.setAttribute('d', all.join(''))
    }
    draw()
    return useMoving.subscribe(draw)
  }, [links, store])
  return (
    <svg className="far-wires" aria-hidden="true">
      <path ref={path} />
    </svg>
  )
}

function pathOf(at: ReadonlyMap<string, GraphNode>, { source, output, target, input, index }: Link): string {
  const from = end(at.get(source), outHandle(output))
  const to = end(at.get(target), inHandle(input, index))
  return from && to ? farPath(from, to) : ''
}

/** The middle of a socket, on the canvas. */
export function end(node: GraphNode | undefined, handle: string): Point | null {
  const found = node?.handles?.find((h) => h.id === handle)
  if (!node || !found) return null
  return [node.position.x + found.x + (found.width ?? 0) / 2, node.position.y + found.y + (found.height ?? 0) / 2]
}
