/** Pictures that are zoomed and moved together: one alone, two side by side, or one over the other up to a divider. */

import { useRef, useState, type CSSProperties, type PointerEvent, type WheelEvent } from 'react'
import { t } from '@/app/i18n'
import { fileUrl } from '@/run/urls'
import type { FileView } from '@/run/state'
import type { Compare } from './lightbox'

export interface Zoom {
  scale: number
  x: number
  y: number
}

export const FIT: Zoom = { scale: 1, x: 0, y: 0 }
const LARGEST = 32
const SMALLEST = 0.2
const PIXELS = 3 // from this scale on single pixels are shown as squares

interface Props {
  file: FileView
  other: FileView | null
  how: Compare
  zoom: Zoom
  setZoom: (change: (now: Zoom) => Zoom) => void
}

/** Zoom so that the point under the pointer stays; x and y from the middle of the pane. */
export function zoomed(now: Zoom, factor: number, x: number, y: number): Zoom {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, now.scale * factor))
  const by = scale / now.scale
  return { scale, x: x - (x - now.x) * by, y: y - (y - now.y) * by }
}

export function ZoomPane({ file, other, how, zoom, setZoom }: Props) {
  const held = useRef<{ x: number; y: number } | null>(null)
  const [divider, setDivider] = useState(50)
  const onWheel = (e: WheelEvent<HTMLDivElement>) => {
    const box = e.currentTarget.getBoundingClientRect()
    const [x, y] = [e.clientX - box.left - box.width / 2, e.clientY - box.top - box.height / 2]
    setZoom((now) => zoomed(now, Math.exp(-e.deltaY / 400), x, y))
  }
  const onDown = (e: PointerEvent<HTMLDivElement>) => {
    if (e.button !== 0) return
    held.current = { x: e.clientX, y: e.clientY }
    e.currentTarget.setPointerCapture(e.pointerId)
  }
  const onMove = (e: PointerEvent<HTMLDivElement>) => {
    const from = held.current
    if (!from) return
    held.current = { x: e.clientX, y: e.clientY }
    setZoom((now) => ({ ...now, x: now.x + e.clientX - from.x, y: now.y + e.clientY - from.y }))
  }
  const style: CSSProperties = { transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }
  const picture = (one: FileView) => <img src={fileUrl(one)} alt={one.name} draggable={false} style={style} data-pixels={zoom.scale >= PIXELS || undefined} />
  const side = other !== null && how === 'side'
  return (
    <div className="pane" data-how={other === null ? 'one' : how} data-scale={zoom.scale.toFixed(2)} onWheel={onWheel} onPointerDown={onDown} onPointerMove={onMove}
      onPointerUp={() => (held.current = null)} onPointerCancel={() => (held.current = null)} onDoubleClick={() => setZoom((now) => (now.scale === 1 ? { ...FIT, scale: 4 } : FIT))}>
      <div className="layer">{picture(file)}{side && <Tag text="A" name={file.name} />}</div>
      {side && <div className="layer">{picture(other)}<Tag text="B" name={other.name} /></div>}
      {other !== null && how === 'wipe' && (
        <>
          <div className="layer over" style={{ clipPath: `inset(0 0 0 ${divider}%)` }}>{picture(other)}</div>
          <Tag text="A" name={file.name} /><Tag text="B" name={other.name} right />
          <Divider at={divider} set={setDivider} />
        </>
      )}
    </div>
  )
}

function Tag({ text, name, right = false }: { text: string; name: string; right?: boolean }) {
  return <span className="tag" data-right={right || undefined} title={name}>{text}</span>
}

function Divider({ at, set }: { at: number; set: (share: number) => void }) {
  const bounded = (share: number) => set(Math.min(100, Math.max(0, share)))
  const onMove = (e: PointerEvent<HTMLDivElement>) => {
    const box = e.currentTarget.parentElement?.getBoundingClientRect()
    if (!box || !e.currentTarget.hasPointerCapture(e.pointerId)) return
    e.stopPropagation()
    bounded(((e.clientX - box.left) / box.width) * 100)
  }
  const onKey = (e: React.KeyboardEvent) => {
    const way = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    if (way === 0) return
    e.preventDefault()
    e.stopPropagation()
    bounded(at + way * (e.shiftKey ? 10 : 2))
  }
  return (
    <div className="divider" role="slider" tabIndex={0} aria-label={t('compare.divider')} aria-valuenow={Math.round(at)} aria-valuemin={0} aria-valuemax={100} style={{ left: `${at}%` }}
      onPointerDown={(e) => { e.stopPropagation(); e.currentTarget.setPointerCapture(e.pointerId) }} onPointerMove={onMove} onPointerUp={(e) => e.stopPropagation()} onKeyDown={onKey} />
  )
}
