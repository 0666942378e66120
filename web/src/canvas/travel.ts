/** The canvas without a pointer: the focus goes from node to node and from socket to socket, and what has it is said. */

import { activeTab, currentSheet, onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { linksInto, linksOf } from '@/model/links'
import { moveNodes } from '@/model/operations'
import { boxesOf, now, type Now } from './actions'
import { FRAME, handleEnd, inHandle, outHandle } from './flow'
import type { Held } from './offer'
import { focusNode, focusSocket, reveal } from './places'
import { offerTargets } from './wiring'

/** The node, or the socket, that has the focus. */
export function focused(): { node: string; handle: string | null } | null {
  const at = document.activeElement
  const socket = at?.closest<HTMLElement>('.socket')?.dataset.socket
  if (socket !== undefined) {
    const [node = '', ...handle] = socket.split('/')
    return { node, handle: handle.join('/') }
  }
  const id = at?.classList.contains('react-flow__node') ? at.getAttribute('data-id') : null
  return typeof id !== 'string' || id.startsWith(FRAME) ? null : { node: id, handle: null }
}

/** Whether keys mean the canvas: nothing has the focus, or something on it that is not a field. */
export function onCanvas(): boolean {
  const at = document.activeElement
  return at === null || at === document.body || at.closest('.canvas') !== null
}

const NUDGE = 10
const WAYS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** An arrow key: from a socket to the next, else the selection moves. */
export function arrow(combo: string): void {
  const [dx, dy] = WAYS[combo.slice(combo.lastIndexOf('+') + 1)] ?? [0, 0]
  const at = focused()
  if (at?.handle) {
    if (dy !== 0) nextSocket({ node: at.node, handle: at.handle }, dy)
    else alongLink({ node: at.node, handle: at.handle }, dx)
  } else nudge(dx, dy, combo.includes('Shift') ? 1 : NUDGE)
}

/** Move the selection a little. Several in a row are one step. */
function nudge(dx: number, dy: number, by: number): void {
  const tab = activeTab(useEditor.getState())
  const state = now()
  if (!tab || !state || tab.selected.size + tab.frames.size === 0) return
  const places = [...tab.selected].map((id): [string, { x: number; y: number }] => {
    const place = state.sheet.layout?.[id] ?? { x: 0, y: 0 }
    return [id, { x: place.x + dx * by, y: place.y + dy * by }]
  })
  useEditor.getState().edit(t('step.move', { n: places.length + tab.frames.size }), onSheet((s) => {
    moveNodes(s, places)
    if (tab.frames.size > 0) s.frames = (s.frames ?? []).map((f) => (tab.frames.has(f.id) ? { ...f, x: f.x + dx * by, y: f.y + dy * by } : f))
  }), 'nudge')
}

/** The handles of a node from top to bottom: inputs, then outputs. */
function handlesOf(state: Now, id: string): string[] {
  const element = document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`)
  if (!element || !(id in state.sheet.nodes)) return []
  return [...element.querySelectorAll<HTMLElement>('.socket')].map((s) => s.dataset.socket?.slice(id.length + 1) ?? '')
}

function nextSocket({ node, handle }: Held, by: number): void {
  const state = now()
  if (!state) return
  const all = handlesOf(state, node)
  const next = all[(all.indexOf(handle) + by + all.length) % all.length]
  if (next !== undefined) focusSocket(node, next)
}

/** From an input to the output that it is linked to (left), from an output to the first input that takes it (right). */
function alongLink({ node, handle }: Held, dx: number): void {
  const state = now()
  if (!state) return
  const end = handleEnd(handle)
  const links = linksOf(state.sheet)
  if (end.way === 'target' && dx < 0) {
    const link = links.find((l) => l.target === node && l.input === end.name && l.index === end.index)
    if (link) goToSocket(link.source, outHandle(link.output))
    return
  }
  if (end.way === 'source' && dx > 0) {
    const link = links.find((l) => l.source === node && l.output === end.name)
    if (link) goToSocket(link.target, inHandle(link.input, link.index))
    return
  }
  const across = handlesOf(state, node).find((h) => handleEnd(h).way !== end.way)
  if (across !== undefined) focusSocket(node, across)
}

function goToSocket(node: string, handle: string): void {
  useEditor.getState().select([node])
  reveal(node)
  focusSocket(node, handle)
}

/** To the node that is linked or nearest in a direction: against the links, along them, or above and below. */
export function travel(combo: string): void {
  const [dx, dy] = WAYS[combo.slice(combo.lastIndexOf('+') + 1)] ?? [0, 0]
  const tab = activeTab(useEditor.getState())
  const state = now()
  if (!tab || !state) return
  const at = focused()?.node ?? [...tab.selected][0]
  const next = at === undefined || !(at in state.sheet.nodes) ? firstNode(state) : ((dx === 0 ? null : linkedNode(state, at, dx)) ?? nearestNode(state, at, dx, dy))
  if (next !== null) goToNode(next)
}

/** Choose a node, show it, and give it the focus. */
export function goToNode(id: string): void {
  useEditor.getState().select([id])
  reveal(id)
  focusNode(id)
  sayNode(id)
}

function firstNode(state: Now): string | null {
  const boxes = [...boxesOf(state)].sort(([, a], [, b]) => a.x - b.x || a.y - b.y)
  return boxes[0]?.[0] ?? null
}

function linkedNode(state: Now, id: string, dx: number): string | null {
  const node = state.sheet.nodes[id]
  if (!node) return null
  if (dx < 0) return linksInto(id, node).find((l) => l.source in state.sheet.nodes)?.source ?? null
  return linksOf(state.sheet).find((l) => l.source === id)?.target ?? null
}

function nearestNode(state: Now, id: string, dx: number, dy: number): string | null {
  const boxes = boxesOf(state)
  const here = boxes.get(id)
  if (!here) return null
  let best: string | null = null
  let least = Infinity
  for (const [other, box] of boxes) {
    const [x, y] = [box.x - here.x, box.y - here.y]
    const forward = x * dx + y * dy
    if (other === id || forward <= 0) continue
    const cost = forward + 2 * Math.abs(dx === 0 ? x : y)
    if (cost < least) [best, least] = [other, cost]
  }
  return best
}

/** From a node to its first socket; from a socket, or from the node without one, what it could be linked to. */
export function connectFocused(): void {
  const at = focused()
  const tab = activeTab(useEditor.getState())
  const state = now()
  const node = at?.node ?? [...(tab?.selected ?? [])][0]
  if (!state || node === undefined) return
  if (!at?.handle) { toSockets(node); return }
  const box = document.activeElement?.getBoundingClientRect()
  offerTargets({ node, handle: at.handle }, { x: (box?.x ?? 0) + 14, y: (box?.y ?? 0) + 14 })
}

/** The focus to the first socket of a node that should be linked and is not, else to the first. */
export function toSockets(node: string): void {
  const state = now()
  const json = state?.sheet.nodes[node]
  if (!state || !json) return
  const type = state.typing.typeOf(state.sheet, node, json)
  const open = type.inputs.find((i) => i.default === undefined && json.inputs?.[i.name] === undefined)
  const handle = (open && handlesOf(state, node).find((h) => handleEnd(h).name === open.name)) ?? handlesOf(state, node)[0]
  if (handle !== undefined) focusSocket(node, handle)
}

/** Say what has the focus: readers of the screen do not see where the links go. */
export function sayNode(id: string): void {
  const tab = activeTab(useEditor.getState())
  const state = now()
  const node = state?.sheet.nodes[id]
  if (!tab || !state || !node) return
  const type = state.typing.typeOf(state.sheet, id, node)
  const from = [...new Set(linksInto(id, node).map((l) => l.source))]
  const to = [...new Set(linksOf(currentSheet(tab)).filter((l) => l.source === id).map((l) => l.target))]
  const parts = [t('said.node', { title: node.title ?? type.id, id })]
  if (from.length > 0) parts.push(t('said.node.from', { names: from.join(', ') }))
  if (to.length > 0) parts.push(t('said.node.to', { names: to.join(', ') }))
  if (node.enabled === false) parts.push(t('mark.off'))
  useUi.getState().announce(parts.join('; '))
}
