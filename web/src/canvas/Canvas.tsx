/** The canvas: React Flow over the open sheet. */

import {
  Background, BackgroundVariant, ReactFlow, ReactFlowProvider, SelectionMode, useReactFlow, useStore,
  type EdgeChange, type NodeChange, type OnConnectStartParams,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useCallback, useEffect, useMemo, useRef, useState, type FocusEvent, type MouseEvent as ReactMouse } from 'react'
import { createPortal } from 'react-dom'
import { activeTab, currentSheet, typingOf, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { usePrefs } from '@/app/prefs'
import { useUi } from '@/app/ui'
import type { Sheet } from '@/model/document'
import * as act from './actions'
import { dropLink, takenAt } from './drop'
import { shield, useDragging } from './dragging'
import { FarWires } from './FarWires'
import { FAR, GraphNodeView } from './GraphNodeView'
import { HeldWire } from './HeldWire'
import { FRAME, type FlowNode, type Spots, type Wire } from './flow'
import { FrameView } from './FrameView'
import { light, unlight } from './lit'
import { enterSubgraph } from './grouping'
import { useGestures } from './gestures'
import { MenuView } from './MenuView'
import { Minimap } from './Minimap'
import { useHeld, verdict } from './offer'
import { FIT, LEAST_ZOOM, leastZoom, openingOf, usePrepared, type Opening } from './opening'
import { reveal } from './places'
import { useMenus } from './pointing'
import { sayNode } from './travel'
import { WireView } from './WireView'
import { addBend } from './wiring'

const NODE_TYPES = { node: GraphNodeView, frame: FrameView }
const EDGE_TYPES = { wire: WireView }
const NO_WIRES: Wire[] = []
const NO_SPOTS: Spots = new Map()
const GRID: [number, number] = [12, 12]
const isFar = (s: { transform: [number, number, number] }) => s.transform[2] < FAR

/** One sheet of a tab, with a store of its own. */
export function Canvas({ tab }: { tab: Tab }) {
  const viewKey = tab.levels.map((l) => l.instance).join('/')
  const [opening] = useState(() => openingOf(tab, viewKey))
  return (
    <ReactFlowProvider initialNodes={opening.nodes} initialWidth={opening.size.width} initialHeight={opening.size.height}>
      <SheetCanvas tab={tab} viewKey={viewKey} opening={opening} />
    </ReactFlowProvider>
  )
}

function SheetCanvas({ tab, viewKey, opening }: { tab: Tab; viewKey: string; opening: Opening }) {
  usePrepared(opening)
  const catalogue = useEditor((s) => s.catalogue)
  const { flow } = opening
  const rf = useReactFlow<FlowNode, Wire>()
  const far = useStore(isFar)
  const wheel = usePrefs((s) => s.wheel)
  const snap = usePrefs((s) => s.snap)
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const sheet = currentSheet(tab)
  const { spots, setSpots } = useSpots(sheet)
  const typing = typingOf(tab.history.document, catalogue)
  const nodes = useMemo(() => flow.nodesOf(sheet, typing, tab.selected, tab.frames, spots), [flow, sheet, typing, tab.selected, tab.frames, spots])
  const plain = useMemo(() => flow.wiresOf(sheet, typing), [flow, sheet, typing])
  const wires = useMemo(() => (picked.size === 0 ? plain : plain.map((w) => (picked.has(w.id) ? { ...w, selected: true } : w))), [plain, picked])
  const resize = useCallback((id: string, size: { w: number; h: number } | null) => {
    const node = rf.getNode(id)
    setSpots((before) => {
      const after = new Map(before)
      if (size && node) after.set(id, { x: node.position.x, y: node.position.y, ...size })
      else after.delete(id)
      return after
    })
  }, [rf, setSpots])
  useGestures({ rf, nodes, wires: plain, picked, resize })
  const root = useRef<HTMLDivElement>(null)
  useMenus(root)
  const { moved: dragged, onDragStart, onDragStop } = useDragging(root, plain)
  const minimap = useUi((s) => s.minimap)

  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const stage = root.current
      const asBegun = stage?.clientWidth === opening.size.width && stage.clientHeight === opening.size.height
      if (opening.nodes.length > 0 && !opening.saved && !(opening.view && asBegun)) void rf.fitView({ ...FIT, minZoom: leastZoom() })
    })
    return () => cancelAnimationFrame(frame)
  }, [rf, opening])

  const onNodesChange = useCallback((changes: NodeChange<FlowNode>[]) => {
    const moved = changes.filter((c) => c.type === 'position' && c.position)
    if (moved.length > 0 && !dragged(moved)) {
      setSpots((before) => {
        const after = new Map(before)
        for (const c of moved) if (c.type === 'position' && c.position) after.set(c.id, { ...after.get(c.id), ...c.position })
        return after
      })
    }
    const chosen = changes.filter((c) => c.type === 'select')
    if (chosen.length > 0) selectChanged(chosen)
  }, [dragged, setSpots])

  const onEdgesChange = useCallback((changes: EdgeChange<Wire>[]) => {
    setPicked((before) => {
      const after = new Set(before)
      for (const c of changes) if (c.type === 'select') { if (c.selected) after.add(c.id); else after.delete(c.id) }
      return after
    })
  }, [])

  const hold = useHeld((s) => s.hold)
  const onConnectStart = useCallback((event: MouseEvent | TouchEvent, { nodeId, handleId }: OnConnectStartParams) => {
    const all = (event.ctrlKey || event.metaKey) && handleId?.startsWith('out:') === true
    if (nodeId && handleId) hold({ ...takenAt(nodeId, handleId), ...(all ? { all } : {}) })
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
    <div ref={root} className="canvas" onFocus={onFocus} data-far={far || undefined} onDoubleClick={onDouble} role="application" aria-label={t('canvas.label')} data-linking={useHeld((s) => s.held !== null) || undefined}>
      <ReactFlow<FlowNode, Wire>
        nodes={nodes} edges={far ? NO_WIRES : wires} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange}
        onNodeDragStart={onDragStart} onNodeDragStop={onDragStop}
        onConnectStart={onConnectStart} onConnectEnd={onConnectEnd} isValidConnection={isValid} connectionLineComponent={HeldWire}
        onEdgeClick={(e, wire) => { if (e.altKey && wire.data) act.unlink([wire.data.link]) }}
        onEdgeDoubleClick={(e, wire) => wire.data && addBend(wire.data.link, wire.data.bends, rf.screenToFlowPosition({ x: e.clientX, y: e.clientY }))}
        onNodeMouseEnter={(_, node) => { if (node.type === 'node' && node.selected) light(sheet, node.id) }}
        onNodeMouseLeave={unlight}
        onNodeDoubleClick={(e, node) => openInside(e, node)}
        onMove={(e) => { if (e !== null && e.type !== 'wheel') shield(root.current, true) }}
        onMoveEnd={(_, view) => { shield(root.current, false); useEditor.getState().patch(tab.id, { views: { ...tab.views, [viewKey]: view } }) }}
        {...(opening.view ? { defaultViewport: opening.view } : {})} minZoom={LEAST_ZOOM} maxZoom={2.5} onlyRenderVisibleElements elevateNodesOnSelect={false} elevateEdgesOnSelect={false}
        selectionMode={SelectionMode.Partial} selectionKeyCode="Shift" multiSelectionKeyCode={['Shift', 'Control', 'Meta']} panActivationKeyCode="Space"
        deleteKeyCode={null} zoomOnDoubleClick={false} connectionRadius={26} nodesFocusable autoPanOnNodeFocus={false} edgesFocusable={false} disableKeyboardA11y
        panOnDrag={[0, 1]} zoomOnScroll={wheel === 'zoom'} panOnScroll={wheel === 'pan'} snapToGrid={snap} snapGrid={GRID} nodeDragThreshold={3} proOptions={{ hideAttribution: true }} colorMode="system"
      >
        {far && <FarWires sheet={sheet} nodes={nodes} />}
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.2} />
        {minimap && <Minimap nodes={nodes} />}
      </ReactFlow>
      {createPortal(<MenuView />, document.body)}
    </div>
  )
}

/** Places and sizes of what is being resized, until the sheet has them. */
function useSpots(sheet: Sheet) {
  const [said, say] = useState<{ of: Sheet | null; spots: Spots }>({ of: null, spots: NO_SPOTS })
  const spots = said.of === sheet ? said.spots : NO_SPOTS
  const setSpots = useCallback((change: (before: Spots) => Spots) => {
    say((before) => ({ of: sheet, spots: change(before.of === sheet ? before.spots : NO_SPOTS) }))
  }, [sheet])
  return { spots, setSpots }
}

/** A node that gets the focus by key is chosen, and said. */
function onFocus(e: FocusEvent): void {
  const id = e.target.classList.contains('react-flow__node') && e.target.matches(':focus-visible') ? e.target.getAttribute('data-id') : null
  if (id === null) return
  const tab = activeTab(useEditor.getState())
  if (id.startsWith(FRAME)) {
    if (tab && !tab.frames.has(id.slice(FRAME.length))) useEditor.getState().select([], [id.slice(FRAME.length)])
    return
  }
  if (!tab || tab.selected.has(id)) return
  useEditor.getState().select([id])
  reveal(id)
  sayNode(id)
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

/** A double click on the head of a subgraph's instance opens it. */
function openInside(e: ReactMouse, node: FlowNode): void {
  if (node.type !== 'node' || !node.data.node.type.startsWith('subgraph/')) return
  if ((e.target as HTMLElement).closest('.head')) enterSubgraph(node.id)
}
