/** The canvas: React Flow over the open sheet. */

import {
  Background, BackgroundVariant, MiniMap, ReactFlow, SelectionMode, useReactFlow, useStore,
  type EdgeChange, type NodeChange, type OnConnectStartParams, type OnNodeDrag,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useCallback, useEffect, useMemo, useRef, useState, type MouseEvent as ReactMouse } from 'react'
import { activeTab, currentSheet, onSheet, typingOf, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { editFrame, moveNodes } from '@/model/operations'
import * as act from './actions'
import { outputSocket } from './connecting'
import { end, FarWires } from './FarWires'
import { FAR, GraphNodeView } from './GraphNodeView'
import { Flow, FRAME, handleEnd, members, type FlowNode, type Spots, type Wire } from './flow'
import { FrameView } from './FrameView'
import { light, unlight } from './lit'
import { useHeld, verdict, type Held } from './offer'
import { distanceTo, type Point } from './paths'
import { setBends, WireView } from './WireView'
import { useGestures } from './gestures'

const NODE_TYPES = { node: GraphNodeView, frame: FrameView }
const EDGE_TYPES = { wire: WireView }
const NO_WIRES: Wire[] = []
const NO_SPOTS: Spots = new Map()
const NEAR_WIRE = 14
const isFar = (s: { transform: [number, number, number] }) => s.transform[2] < FAR

export function Canvas({ tab }: { tab: Tab }) {
  const catalogue = useEditor((s) => s.catalogue)
  const [flow] = useState(() => new Flow())
  const rf = useReactFlow<FlowNode, Wire>()
  const far = useStore(isFar)
  const [spots, setSpots] = useState<Spots>(NO_SPOTS)
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const sheet = currentSheet(tab)
  const typing = typingOf(tab.history.document, catalogue)
  const nodes = useMemo(() => flow.nodesOf(sheet, typing, tab.selected, tab.frames, spots), [flow, sheet, typing, tab.selected, tab.frames, spots])
  const plain = useMemo(() => flow.wiresOf(sheet, typing), [flow, sheet, typing])
  const wires = useMemo(() => (picked.size === 0 ? plain : plain.map((w) => (picked.has(w.id) ? { ...w, selected: true } : w))), [plain, picked])
  const viewKey = tab.levels.map((l) => l.instance).join('/')
  const moving = useRef<{ links: string[]; carried: Map<string, Point> } | null>(null)
  useGestures(rf, nodes, plain, picked)

  useEffect(() => {
    const view = tab.views[viewKey]
    if (view) void rf.setViewport(view)
    else requestAnimationFrame(() => void rf.fitView({ padding: 0.12, maxZoom: 1 }))
    // only when another sheet is shown
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [tab.id, viewKey])

  const onNodesChange = useCallback((changes: NodeChange<FlowNode>[]) => {
    const moved = changes.filter((c) => c.type === 'position' && c.position)
    if (moved.length > 0) {
      setSpots((before) => {
        const after = new Map(before)
        for (const c of moved) if (c.type === 'position' && c.position) after.set(c.id, { ...after.get(c.id), ...c.position })
        return after
      })
    }
    const chosen = changes.filter((c) => c.type === 'select')
    if (chosen.length > 0) selectChanged(chosen)
  }, [])

  const onEdgesChange = useCallback((changes: EdgeChange<Wire>[]) => {
    setPicked((before) => {
      const after = new Set(before)
      for (const c of changes) if (c.type === 'select') { if (c.selected) after.add(c.id); else after.delete(c.id) }
      return after
    })
  }, [])

  const onDragStart: OnNodeDrag<FlowNode> = useCallback((_, node, dragged) => {
    const carried = new Map<string, Point>()
    for (const one of dragged.length > 0 ? dragged : [node]) {
      if (one.type !== 'frame') continue
      for (const inside of members(one.data.frame, rf.getNodes())) {
        if (!dragged.some((d) => d.id === inside.id)) carried.set(inside.id, [inside.position.x - one.position.x, inside.position.y - one.position.y])
      }
    }
    moving.current = { links: [], carried }
  }, [rf])

  const onDrag: OnNodeDrag<FlowNode> = useCallback((_, node) => {
    const carried = moving.current?.carried
    if (node.type !== 'frame' || !carried || carried.size === 0) return
    setSpots((before) => {
      const after = new Map(before)
      for (const [id, [dx, dy]] of carried) after.set(id, { x: node.position.x + dx, y: node.position.y + dy })
      return after
    })
  }, [])

  const onDragStop: OnNodeDrag<FlowNode> = useCallback((_, node, dragged) => {
    const all = dragged.length > 0 ? dragged : [node]
    const frames = all.filter((n) => n.type === 'frame')
    setSpots((spotted) => {
      const places = [...spotted].filter(([id]) => !id.startsWith(FRAME))
      const n = places.length + frames.length
      if (n > 0) {
        queueMicrotask(() => useEditor.getState().edit(t('step.move', { n }), onSheet((s) => {
          moveNodes(s, places)
          for (const f of frames) editFrame(s, f.id.slice(FRAME.length), { x: Math.round(f.position.x), y: Math.round(f.position.y) })
        })))
      }
      return NO_SPOTS
    })
    moving.current = null
    const only = all.length === 1 && node.type === 'node' ? node : null
    if (only) queueMicrotask(() => void dropOnWire(only, rf.getNodes(), plain))
  }, [rf, plain])

  const hold = useHeld((s) => s.hold)
  const onConnectStart = useCallback((_: unknown, { nodeId, handleId }: OnConnectStartParams) => {
    if (nodeId && handleId) hold({ node: nodeId, handle: handleId })
  }, [hold])

  const onConnectEnd = useCallback((event: MouseEvent | TouchEvent) => {
    const held = useHeld.getState().held
    hold(null)
    if (held) dropLink(held, event, rf)
  }, [hold, rf])

  const isValid = useCallback(({ source, sourceHandle, target, targetHandle }: { source: string | null; sourceHandle?: string | null; target: string | null; targetHandle?: string | null }) => {
    const state = act.now()
    if (!state || !source || !target || !sourceHandle || !targetHandle) return false
    return verdict(state.sheet, state.typing, { node: source, handle: sourceHandle }, { node: target, handle: targetHandle })?.ok === true
  }, [])

  const onDouble = (e: ReactMouse) => {
    if (!(e.target as HTMLElement).classList.contains('react-flow__pane')) return
    const screen = { x: e.clientX, y: e.clientY }
    useUi.getState().show({ palette: { screen, flow: rf.screenToFlowPosition(screen), wanted: null, from: null } })
  }

  return (
    <div className="canvas" data-far={far || undefined} onDoubleClick={onDouble} role="application" aria-label={t('canvas.label')} data-linking={useHeld((s) => s.held !== null) || undefined}>
      <ReactFlow<FlowNode, Wire>
        nodes={nodes} edges={far ? NO_WIRES : wires} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange}
        onNodeDragStart={onDragStart} onNodeDrag={onDrag} onNodeDragStop={onDragStop}
        onConnectStart={onConnectStart} onConnectEnd={onConnectEnd} isValidConnection={isValid}
        onEdgeClick={(e, wire) => { if (e.altKey && wire.data) act.unlink([wire.data.link]) }}
        onEdgeDoubleClick={(e, wire) => addBend(wire, rf.screenToFlowPosition({ x: e.clientX, y: e.clientY }))}
        onNodeMouseEnter={(_, node) => { if (node.type === 'node' && node.selected) light(sheet, node.id) }}
        onNodeMouseLeave={unlight}
        onNodeDoubleClick={(e, node) => openInside(e, node)}
        onMoveEnd={(_, view) => useEditor.getState().patch(tab.id, { views: { ...tab.views, [viewKey]: view } })}
        minZoom={0.03} maxZoom={2.5} onlyRenderVisibleElements elevateNodesOnSelect={false} elevateEdgesOnSelect={false}
        selectionMode={SelectionMode.Partial} selectionKeyCode="Shift" multiSelectionKeyCode={['Shift', 'Control', 'Meta']} panActivationKeyCode="Space"
        deleteKeyCode={null} zoomOnDoubleClick={false} connectionRadius={26} nodesFocusable edgesFocusable={false} disableKeyboardA11y
        panOnDrag={[0, 1]} nodeDragThreshold={3} proOptions={{ hideAttribution: true }} colorMode="system"
      >
        {far && <FarWires sheet={sheet} nodes={nodes} />}
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.2} />
        <MiniMap pannable zoomable ariaLabel={t('minimap.label')} nodeColor="var(--minimap-node)" maskColor="var(--minimap-mask)" />
      </ReactFlow>
    </div>
  )
}

function selectChanged(changes: readonly { id: string; selected?: boolean }[]): void {
  const tab = activeTab(useEditor.getState())
  if (!tab) return
  const [nodes, frames] = [new Set(tab.selected), new Set(tab.frames)]
  for (const { id, selected } of changes) {
    const [set, name] = id.startsWith(FRAME) ? [frames, id.slice(FRAME.length)] : [nodes, id]
    if (selected) set.add(name)
    else set.delete(name)
  }
  useEditor.getState().select(nodes, frames)
}

/** A node dropped on a wire goes between, where it fits. */
function dropOnWire(node: FlowNode, nodes: readonly FlowNode[], wires: readonly Wire[]): boolean {
  const at = new Map(nodes.flatMap((n) => (n.type === 'node' ? [[n.id, n]] : [])))
  const middle: Point = [node.position.x + (node.width ?? 0) / 2, node.position.y + 18]
  for (const wire of wires) {
    if (wire.source === node.id || wire.target === node.id || !wire.data) continue
    const [from, to] = [end(at.get(wire.source), wire.sourceHandle ?? ''), end(at.get(wire.target), wire.targetHandle ?? '')]
    if (from && to && distanceTo(middle, from, wire.data.bends, to) < NEAR_WIRE) return act.insert(node.id, wire.data.link)
  }
  return false
}

/** Where a link is let go: on a socket, on a node, or on the canvas, where the palette offers what fits. */
function dropLink(held: Held, event: MouseEvent | TouchEvent, rf: ReturnType<typeof useReactFlow<FlowNode, Wire>>): void {
  const point = 'changedTouches' in event ? event.changedTouches[0] : event
  if (!point) return
  const under = document.elementFromPoint(point.clientX, point.clientY)
  const state = act.now()
  if (!state) return
  const taken = handleEnd(held.handle)
  const moved = taken.way === 'target' ? act.linkAt(state.sheet, held.node, taken.name, taken.index) : null
  const start = moved ? { node: moved.source, handle: `out:${moved.output}` } : held
  const socket = nearSocket(under, point)
  if (socket) {
    if (socket.node !== held.node || socket.handle !== held.handle) act.link(start, socket, moved ?? undefined)
    return
  }
  const node = under?.closest('.react-flow__node')?.getAttribute('data-id')
  if (node && !node.startsWith(FRAME)) {
    if (node !== held.node) act.linkToNode(start, node)
    return
  }
  if (moved) { act.unlink([moved]); return; }
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

function addBend(wire: Wire, at: { x: number; y: number }): void {
  if (!wire.data) return
  const { link, bends } = wire.data
  const key = link.index === null ? link.input : `${link.input}.${link.index}`
  setBends(link.target, key, [...bends, [Math.round(at.x), Math.round(at.y)] as Point].sort((a, b) => a[0] - b[0]))
}

/** A double click on the head of a subgraph's instance opens it. */
function openInside(e: ReactMouse, node: FlowNode): void {
  if (node.type !== 'node' || !node.data.node.type.startsWith('subgraph/')) return
  if (!(e.target as HTMLElement).closest('.head')) return
  useEditor.getState().enter({ instance: node.id, sheet: node.data.node.type.slice('subgraph/'.length) })
}
