/** Dragging: what moves along, what is shown meanwhile, and the one step that it is in the end. */

import { useReactFlow, useStoreApi, type NodeChange, type OnNodeDrag } from '@xyflow/react'
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'
import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { editFrame, moveNodes } from '@/model/operations'
import * as act from './actions'
import { dropOnWire } from './drop'
import { FRAME, members, within, type FlowNode, type Spots, type Wire } from './flow'
import { moveTo, settle, useMoving, type Spot } from './moving'

/** What lies inside of a frame that is dragged, and where in it. */
interface Passenger extends Spot {
  frame: string
}

interface Drag {
  copies: boolean
  passengers: ReadonlyMap<string, Passenger>
}

/** While something is dragged nothing under the pointer need be found: finding it costs more than drawing. */
export function shield(root: HTMLElement | null, on: boolean): void {
  if (root) root.toggleAttribute('data-moving', on)
}

/** What React Flow calls while nodes and frames are dragged. `moved` is false for places that no drag gave. */
export function useDragging(root: RefObject<HTMLElement | null>, wires: readonly Wire[]) {
  const rf = useReactFlow<FlowNode, Wire>()
  const store = useStoreApi<FlowNode, Wire>()
  const held = useRef<Drag | null>(null)
  const [ended, end] = useState(0)

  useEffect(() => settle(store), [store, ended]) // after the nodes of the step were taken over
  useEffect(() => () => settle(store), [store])

  const drop = useCallback((only?: FlowNode): void => {
    const drag = held.current
    held.current = null
    shield(root.current, false)
    const { places } = useMoving.getState()
    if (!drag || places.size === 0) return
    const step = `drop ${Date.now()}` // what was moved onto a wire is one step with what that does
    placed(places, drag.copies, step)
    if (only && !drag.copies) dropOnWire(only, rf.getNodes(), wires, step)
    end((n) => n + 1)
  }, [root, rf, wires])

  const onDragStart: OnNodeDrag<FlowNode> = useCallback((event, node, dragged) => {
    held.current = { copies: event.altKey, passengers: passengersOf(dragged.length > 0 ? dragged : [node], rf.getNodes()) }
    shield(root.current, true)
  }, [rf, root])

  const moved = useCallback((changes: readonly NodeChange<FlowNode>[]): boolean => {
    const drag = held.current
    if (!drag) return false
    const places = new Map<string, Spot>()
    for (const c of changes) if (c.type === 'position' && c.position) places.set(c.id, c.position)
    for (const [id, { frame, x, y }] of drag.passengers) {
      const at = places.get(frame)
      if (at) places.set(id, { x: at.x + x, y: at.y + y })
    }
    moveTo(store, places)
    // A second finger ends a drag without a word: what was dragged stays where it is.
    if (changes.some((c) => c.type === 'position' && c.dragging === false)) queueMicrotask(() => drop())
    return true
  }, [store, drop])

  const onDragStop: OnNodeDrag<FlowNode> = useCallback((_, node, dragged) => {
    drop(dragged.length < 2 && node.type === 'node' ? node : undefined)
  }, [drop])

  return { moved, onDragStart, onDragStop }
}

function passengersOf(dragged: readonly FlowNode[], all: readonly FlowNode[]): Map<string, Passenger> {
  const found = new Map<string, Passenger>()
  const own = new Set(dragged.map((n) => n.id))
  for (const one of dragged) {
    if (one.type !== 'frame') continue
    for (const { id, position } of [...members(one.data.frame, all), ...within(one.data.frame, all)]) {
      if (!own.has(id)) found.set(id, { frame: one.id, x: position.x - one.position.x, y: position.y - one.position.y })
    }
  }
  return found
}

/** What was dragged lies at its new place; or copies of it do, and it stays. */
function placed(spotted: Spots, copies: boolean, step: string): void {
  if (copies) { act.duplicateTo(spotted); return }
  const [frames, nodes] = [[...spotted].filter(([id]) => id.startsWith(FRAME)), [...spotted].filter(([id]) => !id.startsWith(FRAME))]
  useEditor.getState().edit(t('step.move', { n: spotted.size }), onSheet((s) => {
    moveNodes(s, nodes.filter(([id]) => id in s.nodes))
    for (const [id, { x, y }] of frames) editFrame(s, id.slice(FRAME.length), { x: Math.round(x), y: Math.round(y) })
  }), step)
}
