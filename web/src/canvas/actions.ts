/** What the canvas does to the open sheet: each is one named step. */

import { activeTab, currentSheet, onSheet, sheetName, typingOf, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { takesLiteral, type InputType, type NodeType } from '@/model/catalogue'
import { clipIn, copied, freshFrame, pasted } from '@/model/clipboard'
import type { Json, NodeJson, Sheet, WorkflowDocument } from '@/model/document'
import { shapeOf } from '@/model/geometry'
import { linkedTo, linksOf, type Link } from '@/model/links'
import * as op from '@/model/operations'
import { roomFor, tidied, type Box } from '@/model/tidy'
import { filesNow } from '@/run/files'
import type { Typing } from '@/model/typing'
import { firstFitting, firstGiving, judge } from './connecting'
import { FRAME, handleEnd, members, type FlowNode } from './flow'
import type { Held } from './offer'

export interface Now {
  document: WorkflowDocument
  sheet: Sheet
  typing: Typing
}

export function now(): Now | null {
  const tab = activeTab(useEditor.getState())
  if (!tab) return null
  return { document: tab.history.document, sheet: currentSheet(tab), typing: typingOf(tab.history.document, useEditor.getState().catalogue) }
}

const edit = (label: string, change: Parameters<typeof onSheet>[0], merge?: string) => useEditor.getState().edit(label, onSheet(change), merge)

/** A new node of a type: what must be said is said with the first value that fits. */
export function freshNode(type: NodeType): NodeJson {
  const inputs: Record<string, Json> = {}
  for (const input of type.inputs) {
    if (!takesLiteral(input.socket) || input.variadic) continue
    const only = onlyModel(input)
    if (only !== null) inputs[input.name] = { file: only }
    if (input.default !== undefined && input.default !== null) inputs[input.name] = input.default
  }
  return { type: type.id, ...(type.version > 1 ? { version: type.version } : {}), ...(Object.keys(inputs).length > 0 ? { inputs } : {}) }
}

/** The file that a field of models can only mean: there is no other. */
function onlyModel({ folder, default: held }: InputType): string | null {
  if (folder === null || folder === 'input' || held !== undefined) return null
  const [one, ...others] = filesNow(folder).filter((f) => !f.error)
  return one && others.length === 0 ? one.file : null
}

/** Add a node, and link it to what was held; the id. */
export function add(type: NodeType, at: { x: number; y: number }, held: Held | null, between?: Link): string | null {
  const state = now()
  if (!state) return null
  const id = op.freshId(state.sheet, type.id)
  edit(t('step.add', { type: type.id }), (sheet, document) => {
    op.addNode(sheet, id, freshNode(type), { x: Math.round(at.x), y: Math.round(at.y) })
    const typing = typingOf(document, useEditor.getState().catalogue)
    if (held) join(sheet, typing, held, id)
    if (between) put(sheet, typing, id, between)
  })
  useEditor.getState().select([id])
  useUi.getState().announce(t('said.added', { type: type.id, id }))
  return id
}

/** Add a node near a point, or beside the one that is selected, and over no other. */
export function addWhereRoom(type: NodeType, near: { x: number; y: number } | null): string | null {
  const state = now()
  const [chosen] = activeTab(useEditor.getState())?.selected ?? []
  if (!state) return null
  const boxes = boxesOf(state)
  const from = near ?? boxes.get(chosen ?? '') ?? { x: 0, y: 0 }
  const { width, height } = shapeOf(type, freshNode(type), { x: 0, y: 0 })
  return add(type, roomFor({ ...from, width, height }, [...boxes.values()]), null)
}

/** Link a held socket to the first fitting socket of a node. */
function join(sheet: Sheet, typing: Typing, held: Held, id: string): boolean {
  const end = handleEnd(held.handle)
  if (end.way === 'source') {
    const from = { node: held.node, output: end.name }
    const to = firstFitting(sheet, typing, from, id)
    if (to) op.connect(sheet, from, to, variadicOf(sheet, typing, to))
    return to !== null
  }
  const to = { node: held.node, input: end.name, index: end.index }
  const from = firstGiving(sheet, typing, id, to)
  if (from) op.connect(sheet, from, to, variadicOf(sheet, typing, to))
  return from !== null
}

function variadicOf(sheet: Sheet, typing: Typing, to: op.Input): boolean {
  const node = sheet.nodes[to.node]
  return node !== undefined && (typing.typeOf(sheet, to.node, node).inputs.find((i) => i.name === to.input)?.variadic ?? false)
}

/** Link two sockets; says why where they do not fit. `moved` is the link that this one replaces. */
export function link(a: Held, b: Held, moved?: Link): boolean {
  const state = now()
  if (!state) return false
  const [from, to] = handleEnd(a.handle).way === 'source' ? [a, b] : [b, a]
  const [output, input] = [handleEnd(from.handle), handleEnd(to.handle)]
  if (output.way === input.way) return false
  const verdict = judge(state.sheet, state.typing, { node: from.node, output: output.name }, { node: to.node, input: input.name })
  if (!verdict.ok) {
    if (verdict.why) useUi.getState().tell('bad', verdict.why)
    return false
  }
  edit(t('step.connect', { input: input.name }), (sheet) => {
    if (moved) op.disconnect(sheet, { node: moved.target, input: moved.input, index: moved.index })
    op.connect(sheet, { node: from.node, output: output.name }, { node: to.node, input: input.name, index: input.index }, verdict.variadic)
  })
  useUi.getState().announce(t('said.linked', { from: `${from.node}.${output.name}`, to: `${to.node}.${input.name}` }))
  return true
}

/** Link a held socket to a node it was dropped on. */
export function linkToNode(held: Held, id: string): boolean {
  const state = now()
  if (!state || held.node === id) return false
  const before = state.document
  const { moved } = held
  edit(t('step.connect', { input: id }), (sheet) => {
    if (join(sheet, state.typing, held, id) && moved) op.disconnect(sheet, { node: moved.target, input: moved.input, index: moved.index })
  })
  const done = now()?.document !== before
  if (!done) useUi.getState().tell('note', t('link.nothing', { id }))
  return done
}

export function unlink(links: readonly Link[]): void {
  if (links.length === 0) return
  const inOrder = [...links].sort((a, b) => (b.index ?? 0) - (a.index ?? 0))
  edit(t('step.disconnect', { n: links.length }), (sheet) => {
    for (const l of inOrder) op.disconnect(sheet, { node: l.target, input: l.input, index: l.index })
  })
}

/** Put a node that fits between into a link. Links that it has already stay as they are: then nothing happens. */
export function insert(id: string, wire: Link, merge?: string): boolean {
  const state = now()
  if (!state || wire.source === id || wire.target === id) return false
  if (linksOf(state.sheet).some((l) => l.source === id || l.target === id)) return false
  let done = false
  edit(t('step.insert'), (sheet) => (done = put(sheet, state.typing, id, wire)), merge)
  return done
}

function put(sheet: Sheet, typing: Typing, id: string, wire: Link): boolean {
  const into = firstFitting(sheet, typing, { node: wire.source, output: wire.output }, id)
  const out = into && firstGiving(sheet, typing, id, { node: wire.target, input: wire.input })
  if (into && out) op.insertOnLink(sheet, wire, into, variadicOf(sheet, typing, into), out)
  return Boolean(into && out)
}

export function removeSelected(wires: readonly Link[] = []): void {
  const tab = activeTab(useEditor.getState())
  if (!tab) return
  const [nodes, frames] = [tab.selected, tab.frames]
  const n = nodes.size + frames.size
  if (n === 0) { unlink(wires); return; }
  edit(t('step.delete', { n }), (sheet, document, name) => {
    op.removeNodes(document, name, nodes)
    if (frames.size > 0) op.removeFrames(sheet, frames)
  })
}

export function toggleEnabled(ids: Iterable<string>): void {
  const state = now()
  const all = [...ids]
  if (!state || all.length === 0) return
  const on = all.every((id) => state.sheet.nodes[id]?.enabled !== false)
  edit(t(on ? 'step.disable' : 'step.enable', { n: all.length }), (sheet) => op.setField(sheet, all, { enabled: on ? false : undefined } as object))
}

export function copySelected(): string | null {
  const tab = activeTab(useEditor.getState())
  if (!tab || tab.selected.size + tab.frames.size === 0) return null
  return JSON.stringify(copied(tab.history.document, sheetName(tab), tab.selected, tab.frames), null, 1)
}

export function paste(text: string, at: { x: number; y: number }, keepLinks: boolean): boolean {
  const clip = clipIn(text)
  if (!clip) return false
  let ids: string[] = []
  edit(t('step.paste', { n: Object.keys(clip.nodes).length }), (_, document, name) => (ids = pasted(document, name, clip, at, keepLinks)))
  useEditor.getState().select(ids)
  return true
}

/** Copies of what was dragged, where it was let go; links into it are kept. */
export function duplicateTo(spots: ReadonlyMap<string, { x: number; y: number }>): void {
  const tab = activeTab(useEditor.getState())
  if (!tab || spots.size === 0) return
  const isFrame = (id: string) => id.startsWith(FRAME)
  const nodes = new Set([...spots.keys()].filter((id) => !isFrame(id)))
  const frames = new Set([...spots.keys()].filter(isFrame).map((id) => id.slice(FRAME.length)))
  const clip = copied(tab.history.document, sheetName(tab), nodes, frames)
  const places = [...spots.values()]
  const at = { x: Math.min(...places.map((p) => p.x)), y: Math.min(...places.map((p) => p.y)) }
  let ids: string[] = []
  edit(t('step.duplicate', { n: nodes.size }), (_, document, name) => (ids = pasted(document, name, clip, at, true)))
  useEditor.getState().select(ids)
}

/** Boxes of nodes, as they are drawn. */
export function boxesOf({ sheet, typing }: Now, ids?: ReadonlySet<string>): Map<string, Box> {
  const chosen = Object.entries(sheet.nodes).filter(([id]) => !ids || ids.size === 0 || ids.has(id))
  return new Map(
    chosen.map(([id, node]) => {
      const place = sheet.layout?.[id] ?? { x: 0, y: 0 }
      const { width, height } = shapeOf(typing.typeOf(sheet, id, node), node, place)
      return [id, { x: place.x, y: place.y, width, height }]
    }),
  )
}

/** Lay the selected nodes out, or all. */
export function tidy(): void {
  const state = now()
  const tab = activeTab(useEditor.getState())
  if (!state || !tab) return
  const places = tidied(state.sheet, boxesOf(state, tab.selected.size > 1 ? tab.selected : undefined))
  edit(t('step.tidy'), (sheet) => {
    for (const id of places.keys()) op.patchPlace(sheet, id, { bends: undefined } as object)
    op.moveNodes(sheet, places)
  })
}

const ROUND = 28
const TITLE = 34
const NOTE = { w: 300, h: 180 }

/** A frame around the selected nodes. */
export function frameSelected(): void {
  const state = now()
  const tab = activeTab(useEditor.getState())
  if (!state || !tab || tab.selected.size === 0) return
  const boxes = [...boxesOf(state, tab.selected).values()]
  const x = Math.min(...boxes.map((b) => b.x)) - ROUND
  const y = Math.min(...boxes.map((b) => b.y)) - ROUND - TITLE
  const w = Math.max(...boxes.map((b) => b.x + b.width)) + ROUND - x
  const h = Math.max(...boxes.map((b) => b.y + b.height)) + ROUND - y
  const id = freshFrame(state.sheet.frames ?? [])
  edit(t('step.frame'), (sheet) => op.addFrame(sheet, { id, title: t('frame.new'), x, y, w, h }))
  useEditor.getState().select([], [id])
}

/** A note with its corner at a point. */
export function addNote({ x, y }: { x: number; y: number }): void {
  const state = now()
  if (!state) return
  const id = freshFrame(state.sheet.frames ?? [])
  edit(t('step.note.add'), (sheet) => op.addFrame(sheet, { id, title: t('frame.note.new'), x: Math.round(x), y: Math.round(y), ...NOTE, text: '' }))
  useEditor.getState().select([], [id])
}

/** Switch the nodes inside of the selected frames, and the selected ones, off or on. */
export function selectedWithMembers(nodes: readonly FlowNode[]): Set<string> {
  const tab = activeTab(useEditor.getState())
  if (!tab) return new Set()
  const inside = (currentSheet(tab).frames ?? []).filter((f) => tab.frames.has(f.id)).flatMap((f) => members(f, nodes).map((n) => n.id))
  return new Set([...tab.selected, ...inside])
}

/** The link into a place, if one is there. */
export function linkAt(sheet: Sheet, node: string, input: string, index: number | null): Link | null {
  const value = sheet.nodes[node]?.inputs?.[input]
  const end = linkedTo(index === null ? value : Array.isArray(value) ? value[index] : undefined)
  return end ? { source: end.node, output: end.output, target: node, input, index } : null
}
