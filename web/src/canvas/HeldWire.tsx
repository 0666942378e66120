/** The link that is being drawn, in the colour of what it carries; one that was taken off an input begins at its output. */

import { useReactFlow, type ConnectionLineComponentProps } from '@xyflow/react'
import { activeTab, currentSheet, typingOf, useEditor } from '@/app/editor'
import { outputSocket } from './connecting'
import { end } from './FarWires'
import { handleEnd, type FlowNode, type Wire } from './flow'
import { colourOf, socketLook } from './kinds'
import { useHeld, type Held } from './offer'
import { wirePath, type Point } from './paths'

export function HeldWire({ fromX, fromY, toX, toY }: ConnectionLineComponentProps<FlowNode>) {
  const held = useHeld((s) => s.held)
  const { getNode } = useReactFlow<FlowNode, Wire>()
  if (held === null) return null
  const node = held.moved ? getNode(held.node) : undefined
  const start: Point = (node?.type === 'node' ? end(node, held.handle) : null) ?? [fromX, fromY]
  const [from, to]: [Point, Point] = handleEnd(held.handle).way === 'source' ? [start, [toX, toY]] : [[toX, toY], start]
  return <path className="react-flow__connection-path" d={wirePath(from, [], to)} style={{ stroke: tint(held) }} />
}

function tint(held: Held): string | undefined {
  const { way, name } = handleEnd(held.handle)
  const tab = activeTab(useEditor.getState())
  if (way === 'target' || !tab) return undefined
  const socket = outputSocket(currentSheet(tab), typingOf(tab.history.document, useEditor.getState().catalogue), { node: held.node, output: name })
  return socket === null ? undefined : colourOf(socketLook(socket).kind)
}
