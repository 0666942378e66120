/** From afar all links are one path: React Flow draws none of them. */

import { ViewportPortal } from '@xyflow/react'
import { memo, useMemo } from 'react'
import { linksOf } from '@/model/links'
import type { Sheet } from '@/model/document'
import { inHandle, outHandle, type FlowNode, type GraphNode } from './flow'
import { farPath, type Point } from './paths'

export const FarWires = memo(function FarWires({ sheet, nodes }: { sheet: Sheet; nodes: readonly FlowNode[] }) {
  const path = useMemo(() => {
    const at = new Map(nodes.filter((n): n is GraphNode => n.type === 'node').map((n) => [n.id, n]))
    return linksOf(sheet)
      .filter(({ target, input }) => !sheet.layout?.[target]?.named?.includes(input))
      .map(({ source, output, target, input, index }) => {
        const from = end(at.get(source), outHandle(output))
        const to = end(at.get(target), inHandle(input, index))
        return from && to ? farPath(from, to) : ''
      })
      .join('')
  }, [sheet, nodes])
  return (
    <ViewportPortal>
      <svg className="far-wires" aria-hidden="true">
        <path d={path} />
      </svg>
    </ViewportPortal>
  )
})

/** The middle of a socket, on the canvas. */
export function end(node: GraphNode | undefined, handle: string): Point | null {
  const found = node?.handles?.find((h) => h.id === handle)
  if (!node || !found) return null
  return [node.position.x + found.x + (found.width ?? 0) / 2, node.position.y + found.y + (found.height ?? 0) / 2]
}
