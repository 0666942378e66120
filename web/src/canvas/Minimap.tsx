/** The whole sheet, small. All nodes are one path, drawn at most once a frame, whatever else the canvas does. */

import { Panel, useReactFlow, useStoreApi } from '@xyflow/react'
import { memo, useEffect, useRef, type PointerEvent } from 'react'
import { t } from '@/app/i18n'
import type { FlowNode, Wire } from './flow'
import { useMoving, type FlowStore } from './moving'

const WIDTH = 200
const HEIGHT = 150
const MARGIN = 5 // pixels of the map
const SLOW = 120 // milliseconds between two drawings of the nodes while some of them move
const STEP = 0.002 // zoom for one unit of the wheel

interface Box {
  x: number
  y: number
  right: number
  bottom: number
}

export const Minimap = memo(function Minimap({ nodes }: { nodes: readonly FlowNode[] }) {
  const store = useStoreApi<FlowNode, Wire>()
  const rf = useReactFlow<FlowNode, Wire>()
  const svg = useRef<SVGSVGElement>(null)
  const scale = useRef(1)
  const held = useRef<{ x: number; y: number; moved: boolean } | null>(null)

  useEffect(() => {
    const [map, rects, mask] = [svg.current, svg.current?.children[1], svg.current?.children[2]]
    if (!map || !rects || !mask) return
    let [frame, timer, stale] = [0, 0, true]
    let drawn: { path: string; box: Box } = { path: '', box: { x: 0, y: 0, right: 0, bottom: 0 } }
    const draw = () => {
      frame = 0
      if (stale) {
        drawn = outline(nodes)
        rects.setAttribute('d', drawn.path)
        stale = false
      }
      scale.current = frameMap(store, drawn.box, map, mask)
    }
    const soon = () => { frame ||= requestAnimationFrame(draw) }
    const slowly = () => {
      timer ||= window.setTimeout(() => { timer = 0; stale = true; soon() }, SLOW)
    }
    soon()
    const ends = [store.subscribe((s, before) => { if (s.transform !== before.transform || s.width !== before.width || s.height !== before.height) soon() }), useMoving.subscribe(slowly)]
    return () => {
      for (const end of ends) end()
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [store, nodes])

  useEffect(() => {
    const map = svg.current
    const onWheel = (e: WheelEvent) => {
      e.preventDefault()
      void rf.zoomTo(rf.getZoom() * Math.pow(2, -e.deltaY * STEP))
    }
    map?.addEventListener('wheel', onWheel, { passive: false })
    return () => map?.removeEventListener('wheel', onWheel)
  }, [rf])

  const onMove = (e: PointerEvent) => {
    const from = held.current
    if (!from) return
    const { x, y, zoom } = rf.getViewport()
    held.current = { x: e.clientX, y: e.clientY, moved: true }
    void rf.setViewport({ x: x - (e.clientX - from.x) * scale.current * zoom, y: y - (e.clientY - from.y) * scale.current * zoom, zoom })
  }
  const onUp = (e: PointerEvent<SVGSVGElement>) => {
    const only = held.current?.moved === false
    held.current = null
    const at = only ? e.currentTarget.getScreenCTM()?.inverse() : undefined
    if (!at) return
    const { x, y } = new DOMPoint(e.clientX, e.clientY).matrixTransform(at)
    void rf.setCenter(x, y, { zoom: rf.getZoom() })
  }
  return (
    <Panel position="bottom-right" className="react-flow__minimap">
      <svg ref={svg} width={WIDTH} height={HEIGHT} role="img" aria-label={t('minimap.label')}
        onPointerDown={(e) => { e.currentTarget.setPointerCapture(e.pointerId); held.current = { x: e.clientX, y: e.clientY, moved: false } }}
        onPointerMove={onMove} onPointerUp={onUp} onPointerCancel={() => (held.current = null)}>
        <title>{t('minimap.label')}</title>
        <path className="map-nodes" />
        <path className="map-mask" fillRule="evenodd" pointerEvents="none" />
      </svg>
    </Panel>
  )
})

/** All nodes as one path, and the box that holds them. */
function outline(nodes: readonly FlowNode[]): { path: string; box: Box } {
  const { places } = useMoving.getState()
  const box = { x: Infinity, y: Infinity, right: -Infinity, bottom: -Infinity }
  const rects = nodes.map((n) => {
    const { x, y } = places.get(n.id) ?? n.position
    const [w, h] = [n.width ?? 0, n.height ?? 0]
    box.x = Math.min(box.x, x)
    box.y = Math.min(box.y, y)
    box.right = Math.max(box.right, x + w)
    box.bottom = Math.max(box.bottom, y + h)
    return n.type === 'node' ? `M${Math.round(x)} ${Math.round(y)}h${w}v${h}h${-w}z` : ''
  })
  return { path: rects.join(''), box }
}

/** Fit the map around the nodes and the view, and darken what is not in view; how much smaller the map is. */
function frameMap(store: FlowStore, nodes: Box, map: SVGSVGElement, mask: Element): number {
  const { transform: [x, y, zoom], width, height } = store.getState()
  const view = { x: -x / zoom, y: -y / zoom, w: width / zoom, h: height / zoom }
  const left = Math.min(nodes.x, view.x)
  const top = Math.min(nodes.y, view.y)
  const [w, h] = [Math.max(nodes.right, view.x + view.w) - left, Math.max(nodes.bottom, view.y + view.h) - top]
  const scale = Math.max(w / (WIDTH - 2 * MARGIN), h / (HEIGHT - 2 * MARGIN))
  const [ox, oy] = [left + w / 2 - (WIDTH * scale) / 2, top + h / 2 - (HEIGHT * scale) / 2]
  map.setAttribute('viewBox', `${ox} ${oy} ${WIDTH * scale} ${HEIGHT * scale}`)
  mask.setAttribute('d', `M${ox} ${oy}h${WIDTH * scale}v${HEIGHT * scale}h${-WIDTH * scale}zM${view.x} ${view.y}h${view.w}v${view.h}h${-view.w}z`)
  return scale
}
