/** Where things of the canvas are on the page, and how they are found there. */

import { canvas } from './gestures'
import { FRAME } from './flow'

/** React Flow's id of a frame. */
export function flowId(frame: string): string {
  return FRAME + frame
}

/** The element of a node or frame, where it is drawn. */
export function elementOf(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)
}

export function socketElement(node: string, handle: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.socket[data-socket="${CSS.escape(`${node}/${handle}`)}"]`)
}

/** Just below the head of a node, as the page counts; the middle of the canvas where it is not drawn. */
export function placeOnPage(id: string): { x: number; y: number } {
  const box = elementOf(id)?.getBoundingClientRect()
  if (box) return { x: box.x + 8, y: box.y + Math.min(box.height, 44) }
  return middleOfStage()
}

export function middleOfStage(): { x: number; y: number } {
  const stage = document.querySelector('.stage')?.getBoundingClientRect()
  return stage ? { x: stage.x + stage.width / 2, y: stage.y + stage.height / 2 } : { x: innerWidth / 2, y: innerHeight / 2 }
}

const EDGE = 24

/** Bring a node into view without moving more than needed, choose nothing. */
export function reveal(id: string): void {
  const shown = canvas()
  const node = shown?.nodes.find((n) => n.id === id)
  const stage = document.querySelector('.stage')?.getBoundingClientRect()
  if (!shown || !node || !stage) return
  const zoom = shown.rf.getZoom()
  const corner = shown.rf.flowToScreenPosition(node.position)
  const [right, bottom] = [corner.x + (node.width ?? 0) * zoom, corner.y + (node.height ?? 0) * zoom]
  const seen = corner.x >= stage.x + EDGE && corner.y >= stage.y + EDGE && right <= stage.right - EDGE && bottom <= stage.bottom - EDGE
  if (!seen) void shown.rf.setCenter(node.position.x + (node.width ?? 0) / 2, node.position.y + (node.height ?? 0) / 2, { zoom: Math.max(zoom, 0.6) })
}

/** Put the focus on a node, as soon as it is drawn. */
export function focusNode(id: string, tries = 20): void {
  const element = elementOf(id)
  if (element) element.focus({ preventScroll: true })
  else if (tries > 0) requestAnimationFrame(() => focusNode(id, tries - 1))
}

export function focusSocket(node: string, handle: string, tries = 20): void {
  const element = socketElement(node, handle)
  if (element) element.focus({ preventScroll: true })
  else if (tries > 0) requestAnimationFrame(() => focusSocket(node, handle, tries - 1))
}
