/** Where what was dragged is let go: nodes on wires, links on sockets, nodes and the canvas. */

import type { useReactFlow } from '@xyflow/react'
import { useUi } from '@/app/ui'
import * as act from './actions'
import { outputSocket } from './connecting'
import { end } from './FarWires'
import { FRAME, handleEnd, inHandle, outHandle, type FlowNode, type Wire } from './flow'
import type { Held } from './offer'
import { distanceTo, type Point } from './paths'
import { moveAll } from './wiring'

const NEAR_WIRE = 14

/** A node dropped with its head on a wire goes between, where it fits and nothing is linked yet. */
export function dropOnWire(node: FlowNode, nodes: readonly FlowNode[], wires: readonly Wire[], step: string): boolean {
  const at = new Map(nodes.flatMap((n) => (n.type === 'node' ? [[n.id, n]] : [])))
  const middle: Point = [node.position.x + (node.width ?? 0) / 2, node.position.y + 18]
  for (const wire of wires) {
    if (wire.source === node.id || wire.target === node.id || !wire.data) continue
    const [from, to] = [end(at.get(wire.source), wire.sourceHandle ?? ''), end(at.get(wire.target), wire.targetHandle ?? '')]
    if (from && to && distanceTo(middle, from, wire.data.bends, to) < NEAR_WIRE) return act.insert(node.id, wire.data.link, step)
  }
  return false
}

/** What is held when a socket is dragged: an input's link by its other end, where it has one. */
export function takenAt(node: string, handle: string): Held {
  const { way, name, index } = handleEnd(handle)
  const state = act.now()
  const moved = way === 'target' && state ? act.linkAt(state.sheet, node, name, index) : null
  return moved ? { node: moved.source, handle: outHandle(moved.output), moved } : { node, handle }
}

/** Where a link is let go: on a socket, on a node, or on the canvas, where the palette offers what fits. */
export function dropLink(held: Held, event: MouseEvent | TouchEvent, rf: ReturnType<typeof useReactFlow<FlowNode, Wire>>): void {
  const point = 'changedTouches' in event ? event.changedTouches[0] : event
  if (!point) return
  const under = document.elementFromPoint(point.clientX, point.clientY)
  const state = act.now()
  if (!state) return
  const { moved } = held
  const socket = nearSocket(under, point)
  if (held.all) {
    if (socket && socket.node !== held.node) moveAll(held, socket)
    return
  }
  if (socket) {
    const back = moved?.target === socket.node && socket.handle === inHandle(moved.input, moved.index)
    if (!back && (socket.node !== held.node || socket.handle !== held.handle)) act.link(held, socket, moved)
    return
  }
  const node = under?.closest('.react-flow__node')?.getAttribute('data-id')
  if (node && !node.startsWith(FRAME)) {
    if (node !== held.node && node !== moved?.target) act.linkToNode(held, node)
    return
  }
  if (moved) { act.unlink([moved]); return; }
  const taken = handleEnd(held.handle)
  const screen = { x: point.clientX, y: point.clientY }
  const output = taken.way === 'source' ? outputSocket(state.sheet, state.typing, { node: held.node, output: taken.name }) : inputSocket(state, held)
  if (output === null) return
  const wanted = { socket: output, way: taken.way === 'source' ? ('into' as const) : ('out-of' as const) }
  useUi.getState().show({ palette: { screen, flow: rf.screenToFlowPosition(screen), wanted, from: { node: held.node, end: taken.name, index: taken.index, way: taken.way } } })
}

function inputSocket(state: act.Now, held: Held) {
  const node = state.sheet.nodes[held.node]
  return node ? (state.typing.typeOf(state.sheet, held.node, node).inputs.find((i) => i.name === handleEnd(held.handle).name)?.socket ?? null) : null
}

const REACH = 26

/** The socket under a point, or the nearest within reach. */
function nearSocket(under: Element | null, point: { clientX: number; clientY: number }): Held | null {
  const direct = under?.closest<HTMLElement>('.socket')
  const near = direct ?? nearest(point)
  const [node, ...handle] = near?.dataset.socket?.split('/') ?? []
  return node !== undefined && handle.length > 0 ? { node, handle: handle.join('/') } : null
}

function nearest({ clientX, clientY }: { clientX: number; clientY: number }): HTMLElement | null {
  let best: HTMLElement | null = null
  let least = REACH
  for (const dot of document.querySelectorAll<HTMLElement>('.socket[data-offer=fits]')) {
    const box = dot.getBoundingClientRect()
    const far = Math.hypot(box.x + box.width / 2 - clientX, box.y + box.height / 2 - clientY)
    if (far < least) [best, least] = [dot, far]
  }
  return best
}
