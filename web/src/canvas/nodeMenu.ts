/** What the menus of nodes, fields, sockets, wires, frames and the canvas hold. */

import { COMMANDS } from '@/app/commands'
import { activeTab, onSheet, sheetName, useEditor } from '@/app/editor'
import { t, type Key } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { SUBGRAPH } from '@/model/document'
import * as op from '@/model/operations'
import { promoteInput, promoteOutput, portTo } from '@/model/ports'
import { addNote, now, unlink, type Now } from './actions'
import { outputSocket } from './connecting'
import { handleEnd } from './flow'
import { canvas } from './gestures'
import { enterSubgraph, expandSubgraph, makeSubgraph } from './grouping'
import type { Item, Section, Target } from './menu'
import { renameFrame, renameId, renameSheet, renameTitle } from './renaming'
import { addBend, cutAt, fitting, isNamed, linksAt, offerNew, offerTargets, setBends, setNamed } from './wiring'
import { goToNode } from './travel'
import type { Link } from '@/model/links'
import type { Held } from './offer'

const editor = () => useEditor.getState()

/** A command as an item, with its keys. */
function cmd(id: string, more: Partial<Item> = {}): Item {
  const command = COMMANDS.find((c) => c.id === id)
  if (!command) throw new Error(`there is no command ${id}`)
  const [keys] = command.keys
  return { id, label: t(command.label), ...(keys === undefined ? {} : { keys }), run: () => command.run(keys ?? ''), ...more }
}

function item(id: string, label: Key, run: () => void, more: Partial<Item> = {}): Item {
  return { id, label: t(label), run, ...more }
}

/** The name and the sections of the menu for a target. Right of a node, the selection is that node unless it was in it. */
export function menuFor(target: Target, at: { x: number; y: number }): { label: string; sections: Section[] } | null {
  const state = now()
  if (!state) return null
  if (target.kind === 'node') return nodeMenu(state, target.node, target.input)
  if (target.kind === 'frame') return { label: t('menu.frame'), sections: frameMenu(state, target.frame) }
  if (target.kind === 'wire') return { label: t('menu.wire'), sections: wireMenu(target.link, at) }
  if (target.kind === 'socket') return { label: t('menu.socket'), sections: socketMenu(state, target.held, at) }
  return { label: t('menu.canvas'), sections: canvasMenu(at) }
}

function nodeMenu(state: Now, id: string, input: string | null): { label: string; sections: Section[] } | null {
  const tab = activeTab(editor())
  const node = state.sheet.nodes[id]
  if (!tab || !node) return null
  if (!tab.selected.has(id)) editor().select([id])
  const on = node.enabled !== false
  const instance = node.type.startsWith(SUBGRAPH)
  const sections: Section[] = [
    input === null ? [] : fieldMenu(state, id, input),
    [cmd('run.here'), cmd('enabled', { checked: !on, label: t(on ? 'menu.off' : 'menu.on') }), cmd('collapse', { label: t(state.sheet.layout?.[id]?.collapsed ? 'node.expand' : 'node.collapse') })],
    instance ? [item('enter', 'cmd.enter', () => enterSubgraph(id), { keys: 'Alt+ArrowDown' }), item('expand', 'cmd.expand', () => void expandSubgraph(id), { keys: 'Ctrl+Shift+U' }), item('sheet', 'menu.subgraph.rename', () => renameSheet(id))] : [],
    [item('rename', 'cmd.rename', () => renameTitle(id), { keys: 'F2' }), item('id', 'menu.id', () => renameId(id), { detail: id })],
    [cmd('copy'), cmd('cut'), cmd('duplicate')],
    [cmd('frame'), item('subgraph', 'cmd.subgraph', () => void makeSubgraph(), { keys: 'Ctrl+Shift+G' }), cmd('tidy')],
    [cmd('delete')],
  ]
  return { label: t('menu.node', { title: node.title ?? id }), sections }
}

/** What can be done with one input of a node. */
function fieldMenu(state: Now, id: string, input: string): Section {
  const tab = activeTab(editor())
  const name = tab ? sheetName(tab) : null
  const held = state.sheet.nodes[id]?.inputs?.[input]
  const reset = item('reset', 'menu.reset', () => editor().edit(t('step.set', { input: `${id}.${input}` }), onSheet((s) => op.setInput(s, id, input, undefined))), { disabled: held === undefined, detail: input })
  const known = Object.entries(state.document.inputs ?? {}).find(([, said]) => said.node === id && said.input === input)
  const pin = known
    ? item('unpin', 'menu.unpin', () => editor().edit(t('step.form.remove', { name: known[0] }), (d) => op.unpublish(d, known[0])), { detail: input })
    : item('pin', 'menu.pin', () => editor().edit(t('step.form.add', { name: input }), (d) => void op.publish(d, id, input, '')), { detail: input })
  if (name === null) return [pin, reset]
  const graph = state.document.subgraphs?.[name]
  const port = graph ? portTo(graph, id, input) : null
  return [item('port', 'menu.port', () => makePort(id, input), { detail: port ?? input, disabled: port !== null }), reset]
}

function makePort(id: string, input: string): void {
  const made: string[] = []
  editor().edit(t('step.port', { name: input }), onSheet((_, document, name) => {
    const port = name === null ? null : promoteInput(document, name, id, input)
    if (port !== null) made.push(port)
  }))
  for (const name of made) useUi.getState().announce(t('said.port', { name }))
}

function socketMenu(state: Now, held: Held, at: { x: number; y: number }): Section[] {
  const end = handleEnd(held.handle)
  const tab = activeTab(editor())
  const sheet = tab ? sheetName(tab) : null
  const links = linksAt(state, held)
  const fits = fitting(state, held).length
  const port = end.way === 'source'
    ? item('port', 'menu.port', () => editor().edit(t('step.port', { name: end.name }), onSheet((_, d, name) => { if (name !== null) promoteOutput(d, name, held.node, end.name) })))
    : item('port', 'menu.port', () => makePort(held.node, end.name))
  return [
    [item('connect', 'cmd.connect', () => offerTargets(held, at), { keys: 'C', disabled: fits === 0 }), item('new', 'menu.socket.new', () => offerNew(held, at))],
    links.length > 0 ? [
      item('named', 'menu.named', () => setNamed(links, !links.every(isNamed)), { checked: links.every(isNamed) }),
      item('cut', 'menu.cut.links', () => cutAt(held), { keys: 'Delete' }),
      ...(end.way === 'target' ? links.map((l) => item('source', 'menu.source', () => goToNode(l.source), { detail: l.source })) : []),
    ] : [],
    sheet === null ? [] : [port],
  ]
}

function wireMenu(link: Link, at: { x: number; y: number }): Section[] {
  const wire = canvas()?.wires.find((w) => w.data?.link.target === link.target && w.data.link.input === link.input && w.data.link.index === link.index)
  const bends = wire?.data?.bends ?? []
  const flow = canvas()?.rf.screenToFlowPosition(at) ?? { x: 0, y: 0 }
  const state = now()
  const socket = state && outputSocket(state.sheet, state.typing, { node: link.source, output: link.output })
  const between = () => {
    if (socket) useUi.getState().show({ palette: { screen: at, flow, wanted: { socket, way: 'into' }, from: null, between: link } })
  }
  return [
    [item('between', 'menu.between', between), item('bend', 'menu.bend', () => addBend(link, bends, flow)), item('straight', 'menu.straight', () => setBends(link, []), { disabled: bends.length === 0 }), item('named', 'menu.named', () => setNamed([link], true))],
    [item('source', 'menu.source', () => goToNode(link.source), { detail: link.source }), item('target', 'menu.target', () => goToNode(link.target), { detail: link.target })],
    [item('cut', 'menu.cut.link', () => unlink([link]), { keys: 'Delete' })],
  ]
}

/** Tints of frames, apart also for the colour-blind. */
export const TINTS: readonly { key: Key; colour: string | null }[] = [
  { key: 'tint.none', colour: null }, { key: 'tint.amber', colour: '#d08a2e' }, { key: 'tint.red', colour: '#c2554a' }, { key: 'tint.green', colour: '#5f9a57' },
  { key: 'tint.teal', colour: '#3f9a9a' }, { key: 'tint.blue', colour: '#5580c4' }, { key: 'tint.violet', colour: '#8d6bc0' },
]

function frameMenu(state: Now, id: string): Section[] {
  const tab = activeTab(editor())
  const frame = state.sheet.frames?.find((f) => f.id === id)
  if (tab && !tab.frames.has(id)) editor().select([], [id])
  const tint = (colour: string | null) => editor().edit(t('step.frame.colour'), onSheet((s) => op.editFrame(s, id, { colour: colour ?? undefined } as object)))
  return [
    [item('rename', 'cmd.rename', () => renameFrame(id), { keys: 'F2' }), cmd('enabled')],
    TINTS.map(({ key, colour }) => item(key, key, () => tint(colour), { checked: (frame?.colour ?? null) === colour, ...(colour === null ? {} : { colour }) })),
    [cmd('copy'), cmd('duplicate'), item('unframe', 'menu.unframe', () => editor().edit(t('step.delete', { n: 1 }), onSheet((s) => op.removeFrames(s, new Set([id])))), { keys: 'Delete' })],
  ]
}

function canvasMenu(at: { x: number; y: number }): Section[] {
  const tab = activeTab(editor())
  const some = tab !== undefined && tab.selected.size + tab.frames.size > 0
  const flow = canvas()?.rf.screenToFlowPosition(at) ?? { x: 0, y: 0 }
  return [
    [cmd('palette', { run: () => useUi.getState().show({ palette: { screen: at, flow, wanted: null, from: null } }) }), item('note', 'menu.note', () => addNote(flow)), cmd('paste'), cmd('paste.links')],
    [cmd('all'), cmd('none', { disabled: !some }), cmd('frame', { disabled: !some }), cmd('subgraph', { disabled: !some })],
    [cmd('tidy'), cmd('fit'), cmd('zoom.in'), cmd('zoom.out'), cmd('zoom.one'), cmd('minimap')],
    [cmd('undo'), cmd('redo'), cmd('find')],
    tab && tab.levels.length > 0 ? [cmd('leave'), cmd('ports')] : [],
    [cmd('run'), cmd('help')],
  ]
}
