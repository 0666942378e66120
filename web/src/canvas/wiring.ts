/** Links: shown by name, bent, cut together, moved together, and what could be linked to a socket. */

import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { shownInputs } from '@/model/catalogue'
import { linksOf, placeKey, type Link } from '@/model/links'
import * as op from '@/model/operations'
import { described } from '@/model/sockets'
import { link, linkAt, now, unlink, type Now } from './actions'
import { colourOf, socketLook } from './kinds'
import { judge, outputSocket } from './connecting'
import { handleEnd, inHandle, outHandle } from './flow'
import { useMenu, type Item } from './menu'
import type { Held } from './offer'

/** Show links by name instead of as wires, or as wires again. */
export function setNamed(links: readonly Pick<Link, 'target' | 'input'>[], named: boolean): void {
  if (links.length === 0) return
  useEditor.getState().edit(t(named ? 'step.named' : 'step.unnamed', { n: links.length }), onSheet((sheet) => {
    for (const { target, input } of links) {
      const rest = (sheet.layout?.[target]?.named ?? []).filter((n) => n !== input)
      const now = named ? [...rest, input] : rest
      op.patchPlace(sheet, target, { named: now.length > 0 ? now : undefined } as object)
    }
  }))
}

export function isNamed({ target, input }: Pick<Link, 'target' | 'input'>): boolean {
  return now()?.sheet.layout?.[target]?.named?.includes(input) === true
}

/** The links at a socket. */
export function linksAt(state: Now, { node, handle }: Held): Link[] {
  const end = handleEnd(handle)
  if (end.way === 'source') return linksOf(state.sheet).filter((l) => l.source === node && l.output === end.name)
  const one = linkAt(state.sheet, node, end.name, end.index)
  return one ? [one] : []
}

export function cutAt(held: Held): void {
  const state = now()
  if (state) unlink(linksAt(state, held))
}

/** Move every link of one output to another output that fits them all. */
export function moveAll(from: Held, to: Held): boolean {
  const state = now()
  if (!state) return false
  const output = handleEnd(to.handle)
  const links = linksAt(state, from)
  if (output.way !== 'source' || links.length === 0) return false
  const verdicts = links.map((l) => judge(state.sheet, state.typing, { node: to.node, output: output.name }, { node: l.target, input: l.input }))
  const wrong = verdicts.find((v) => !v.ok)
  if (wrong?.ok === false) {
    useUi.getState().tell('bad', wrong.why)
    return false
  }
  useEditor.getState().edit(t('step.move.links', { n: links.length }), onSheet((sheet) => {
    for (const [i, l] of links.entries()) {
      const verdict = verdicts[i]
      op.connect(sheet, { node: to.node, output: output.name }, { node: l.target, input: l.input, index: l.index }, verdict?.ok === true && verdict.variadic)
    }
  }))
  return true
}

/** Give a link other bends, as a step. */
export function setBends({ target, input, index }: Pick<Link, 'target' | 'input' | 'index'>, points: readonly [number, number][]): void {
  const key = placeKey(input, index)
  useEditor.getState().edit(t('step.bend'), onSheet((sheet) => {
    const bends = { ...sheet.layout?.[target]?.bends, [key]: points.map(([x, y]): [number, number] => [x, y]) }
    if (points.length === 0) Reflect.deleteProperty(bends, key)
    op.patchPlace(sheet, target, { bends: Object.keys(bends).length > 0 ? bends : undefined } as object)
  }))
}

export function addBend(to: Link, bends: readonly [number, number][], at: { x: number; y: number }): void {
  setBends(to, [...bends, [Math.round(at.x), Math.round(at.y)] as [number, number]].sort((a, b) => a[0] - b[0]))
}

/** Every socket that a socket may be linked to, as items of a menu; those of nodes nearby first. */
export function fitting(state: Now, held: Held): Item[] {
  const end = handleEnd(held.handle)
  const here = state.sheet.layout?.[held.node] ?? { x: 0, y: 0 }
  const found: { item: Item; far: number }[] = []
  for (const [id, node] of Object.entries(state.sheet.nodes)) {
    if (id === held.node) continue
    const place = state.sheet.layout?.[id] ?? { x: 0, y: 0 }
    const far = Math.hypot(place.x - here.x, place.y - here.y)
    const type = state.typing.typeOf(state.sheet, id, node)
    const sockets = end.way === 'source' ? shownInputs(type, node.inputs).map((i) => ({ ...i, handle: inHandle(i.name, i.variadic ? itemsOf(node.inputs?.[i.name]) : null) })) : type.outputs.map((o) => ({ ...o, handle: outHandle(o.name) }))
    for (const { name, socket, handle } of sockets) {
      const [from, to] = end.way === 'source' ? [{ node: held.node, output: end.name }, { node: id, input: name }] : [{ node: id, output: name }, { node: held.node, input: end.name }]
      if (!judge(state.sheet, state.typing, from, to).ok) continue
      const item = { id: `${id}.${name}`, label: `${node.title ?? id} · ${name}`, detail: described(socket), colour: colourOf(socketLook(socket).kind), run: () => void link(held, { node: id, handle }) }
      found.push({ item, far })
    }
  }
  return found.sort((a, b) => a.far - b.far).map((f) => f.item)
}

function itemsOf(value: unknown): number {
  return Array.isArray(value) ? value.length : value === undefined ? 0 : 1
}

/** List what fits a socket: sockets of this sheet, and a new node. */
export function offerTargets(held: Held, at: { x: number; y: number }): void {
  const state = now()
  if (!state) return
  const end = handleEnd(held.handle)
  const fresh: Item = { id: 'new', label: t('menu.socket.new'), run: () => offerNew(held, at) }
  useMenu.getState().open({ label: t(end.way === 'source' ? 'menu.fits.into' : 'menu.fits.from', { name: end.name }), at, search: true, sections: [fitting(state, held), [fresh]] })
}

/** The palette with the node types that fit a socket. */
export function offerNew(held: Held, screen: { x: number; y: number }): void {
  const state = now()
  if (!state) return
  const end = handleEnd(held.handle)
  const node = state.sheet.nodes[held.node]
  if (!node) return
  const input = state.typing.typeOf(state.sheet, held.node, node).inputs.find((i) => i.name === end.name)?.socket
  const socket = end.way === 'source' ? outputSocket(state.sheet, state.typing, { node: held.node, output: end.name }) : input
  if (socket === undefined || socket === null) return
  const place = state.sheet.layout?.[held.node] ?? { x: 0, y: 0 }
  const flow = { x: end.way === 'source' ? place.x + 340 : place.x - 88, y: place.y }
  useUi.getState().show({ palette: { screen, flow, wanted: { socket, way: end.way === 'source' ? 'into' : 'out-of' }, from: { node: held.node, end: end.name, index: end.index, way: end.way } } })
}
