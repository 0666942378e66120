/** Menus are asked for by the right button, by a long press, and by the menu key; this finds what they are about. */

import { useEffect, type RefObject } from 'react'
import { linkId } from '@/model/links'
import { FRAME } from './flow'
import { canvas } from './gestures'
import { useMenu, type Target } from './menu'
import { menuFor } from './nodeMenu'

const LONG = 480 // milliseconds
const STILL = 9 // pixels

/** What is drawn at an element of the page. */
export function targetOf(element: Element): Target {
  const socket = element.closest<HTMLElement>('.socket')?.dataset.socket
  if (socket !== undefined) {
    const [node = '', ...handle] = socket.split('/')
    return { kind: 'socket', held: { node, handle: handle.join('/') } }
  }
  const wire = element.closest<HTMLElement>('[data-wire]')?.dataset.wire ?? element.closest('.react-flow__edge')?.getAttribute('data-id') ?? null
  const link = wire === null ? undefined : canvas()?.wires.find((w) => w.data && linkId(w.data.link) === wire)?.data?.link
  if (link) return { kind: 'wire', link }
  const id = element.closest('.react-flow__node')?.getAttribute('data-id') ?? null
  if (id === null) return { kind: 'canvas' }
  if (id.startsWith(FRAME)) return { kind: 'frame', frame: id.slice(FRAME.length) }
  const field = element.closest<HTMLElement>('[data-field]')?.dataset.field
  return { kind: 'node', node: id, input: field?.slice(id.length + 1) ?? null }
}

/** Open the menu of what is at an element. */
export function openMenu(element: Element, at: { x: number; y: number }): void {
  const found = menuFor(targetOf(element), at)
  if (found) useMenu.getState().open({ label: found.label, at, search: false, sections: found.sections.filter((s) => s.length > 0) })
}

/** Text that is being edited keeps the browser's own menu, for spelling and pasting. */
function isEdited(element: Element): boolean {
  return element === document.activeElement && (element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && ['text', 'search', 'url'].includes(element.type)))
}

/** Listen on the canvas. */
export function useMenus(root: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const stage = root.current
    if (!stage) return
    const events = new AbortController()
    const { signal } = events
    let timer = 0
    let start: { x: number; y: number } | null = null
    let pressed = -Infinity
    const drop = () => clearTimeout(timer)
    const onDown = (e: PointerEvent) => {
      drop()
      if (e.pointerType !== 'touch' || !e.isPrimary || !(e.target instanceof Element) || e.target.closest('.veil')) return
      const element = e.target
      start = { x: e.clientX, y: e.clientY }
      timer = window.setTimeout(() => {
        pressed = performance.now()
        openMenu(element, { x: e.clientX, y: e.clientY })
      }, LONG)
    }
    const onMove = (e: PointerEvent) => {
      if (start && Math.hypot(e.clientX - start.x, e.clientY - start.y) > STILL) drop()
    }
    const onContext = (e: MouseEvent) => {
      if (!(e.target instanceof Element) || isEdited(e.target) || e.target.closest('.veil')) return
      e.preventDefault()
      drop()
      if (performance.now() - pressed > 800) openMenu(e.target, { x: e.clientX, y: e.clientY })
    }
    stage.addEventListener('pointerdown', onDown, { signal, capture: true })
    window.addEventListener('pointermove', onMove, { signal, passive: true, capture: true })
    for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, drop, { signal, capture: true })
    // A second finger is a pinch.
    stage.addEventListener('touchstart', (e) => e.touches.length > 1 && drop(), { signal, passive: true, capture: true })
    stage.addEventListener('contextmenu', onContext, { signal })
    return () => {
      drop()
      events.abort()
    }
  }, [root])
}
