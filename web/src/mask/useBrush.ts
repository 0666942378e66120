/** Hands on a mask: one pointer paints, two fingers or the middle button move the picture, the wheel zooms. */

import { useEffect, useRef, type RefObject } from 'react'
import type { Stroke } from './strokes'

export interface Look {
  x: number
  y: number
  zoom: number
}

interface Hands {
  stage: RefObject<HTMLElement | null>
  canvas: RefObject<HTMLCanvasElement | null>
  begin: (erase: boolean) => Omit<Stroke, 'points'>
  live: (stroke: Stroke) => void
  end: (stroke: Stroke | null) => void
  look: (change: (before: Look) => Look) => void
}

const LEAST = 0.05
const MOST = 24

export function useBrush(hands: Hands): void {
  const now = useRef(hands)
  useEffect(() => void (now.current = hands))
  const { stage } = hands
  useEffect(() => {
    const at = stage.current
    if (!at) return
    const events = new AbortController()
    const brush = new Brush(now)
    for (const [name, run] of brush.handlers(at)) at.addEventListener(name, run as EventListener, { signal: events.signal, passive: false })
    return () => events.abort()
  }, [stage])
}

/** One gesture after the other. Responsibilities: which pointers are down, and what they mean. */
class Brush {
  private readonly down = new Map<number, { x: number; y: number }>()
  private stroke: Stroke | null = null
  private panning = false

  constructor(private readonly now: RefObject<Hands>) {}

  handlers(stage: HTMLElement): [string, (e: never) => void][] {
    return [
      ['pointerdown', (e: PointerEvent) => this.onDown(e, stage)],
      ['pointermove', (e: PointerEvent) => this.onMove(e)],
      ['pointerup', (e: PointerEvent) => this.onUp(e)],
      ['pointercancel', (e: PointerEvent) => this.onUp(e)],
      ['wheel', (e: WheelEvent) => this.onWheel(e, stage)],
      ['contextmenu', (e: Event) => e.preventDefault()],
    ]
  }

  private onDown(e: PointerEvent, stage: HTMLElement): void {
    e.preventDefault()
    stage.focus({ preventScroll: true })
    stage.setPointerCapture(e.pointerId)
    this.down.set(e.pointerId, { x: e.clientX, y: e.clientY })
    if (this.down.size > 1 || e.button === 1 || stage.dataset.panning !== undefined) {
      this.stroke = null // a second finger: it was no stroke
      this.now.current.end(null)
      this.panning = true
      return
    }
    const point = this.pointOf(e)
    if (!point) return
    this.stroke = { ...this.now.current.begin(e.button === 2 || e.buttons === 32), points: [point] }
    this.now.current.live(this.stroke)
  }

  private onMove(e: PointerEvent): void {
    const before = this.down.get(e.pointerId)
    if (!before) return
    if (this.panning) this.pan(e, before)
    else if (this.stroke) {
      const points = e.getCoalescedEvents().length > 0 ? e.getCoalescedEvents() : [e]
      this.stroke = { ...this.stroke, points: [...this.stroke.points, ...points.map((p) => this.pointOf(p)).filter((p) => p !== null)] }
      this.now.current.live(this.stroke)
    }
    this.down.set(e.pointerId, { x: e.clientX, y: e.clientY })
  }

  private onUp(e: PointerEvent): void {
    this.down.delete(e.pointerId)
    if (this.stroke) this.now.current.end(this.stroke)
    this.stroke = null
    if (this.down.size === 0) this.panning = false
  }

  /** Two fingers: their middle moves it, their distance zooms. */
  private pan(e: PointerEvent, before: { x: number; y: number }): void {
    const other = [...this.down].find(([id]) => id !== e.pointerId)?.[1]
    const [dx, dy] = [(e.clientX - before.x) / (other ? 2 : 1), (e.clientY - before.y) / (other ? 2 : 1)]
    const grown = other ? Math.hypot(e.clientX - other.x, e.clientY - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)) : 1
    this.now.current.look((v) => ({ x: v.x + dx, y: v.y + dy, zoom: clamped(v.zoom * grown) }))
  }

  private onWheel(e: WheelEvent, stage: HTMLElement): void {
    e.preventDefault()
    const box = stage.getBoundingClientRect()
    const [px, py] = [e.clientX - box.left - box.width / 2, e.clientY - box.top - box.height / 2]
    this.now.current.look((v) => {
      const zoom = clamped(v.zoom * Math.exp(-e.deltaY / 500))
      return { zoom, x: px - ((px - v.x) * zoom) / v.zoom, y: py - ((py - v.y) * zoom) / v.zoom }
    })
  }

  private pointOf(e: PointerEvent): readonly [number, number, number] | null {
    const canvas = this.now.current.canvas.current
    const box = canvas?.getBoundingClientRect()
    if (!canvas || !box || box.width === 0) return null
    const pressure = e.pointerType === 'pen' && e.pressure > 0 ? e.pressure : 1
    return [((e.clientX - box.left) / box.width) * canvas.width, ((e.clientY - box.top) / box.height) * canvas.height, pressure]
  }
}

function clamped(zoom: number): number {
  return Math.min(MOST, Math.max(LEAST, zoom))
}
