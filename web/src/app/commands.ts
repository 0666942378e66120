/** Every command of the editor: its name, its keys, when it can be used. Menus, keys and help read this one table. */

import { canvas, elsewhere } from '@/canvas/gestures'
import * as act from '@/canvas/actions'
import * as clip from '@/canvas/clip'
import { chosenInstance, enterSubgraph, expandSubgraph, leaveSubgraph, makeSubgraph } from '@/canvas/grouping'
import { renameSelected } from '@/canvas/renaming'
import { arrow, connectFocused, focused, onCanvas, toSockets, travel } from '@/canvas/travel'
import { cutAt } from '@/canvas/wiring'
import { save } from '@/run/documents'
import { cancel, submit } from '@/run/running'
import { IDLE, useRuns } from '@/run/state'
import { activeTab, flatId, newDocument, onSheet, useEditor } from './editor'
import { t, type Key } from './i18n'
import { comboOf } from './keys'
import { useUi, type Panel, type Side } from './ui'
import { patchPlace } from '@/model/operations'
import { sheetOf } from '@/model/document'

export interface Command {
  id: string
  label: Key
  /** Key combinations, as "Ctrl+Shift+Z"; Ctrl is Cmd on a Mac. */
  keys: readonly string[]
  group: 'run' | 'edit' | 'view' | 'file' | 'node'
  run: (combo: string) => void
  /** Also while text is being written. */
  always?: boolean
  /** Only while the canvas has the focus, or nothing has. */
  onCanvas?: boolean
  /** The browser tells of it by an event of its own: the keys are for show. */
  native?: boolean
}

const ARROWS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']

const editor = () => useEditor.getState()
const ui = () => useUi.getState()

export const COMMANDS: readonly Command[] = [
  { id: 'run', label: 'cmd.run', keys: ['Ctrl+Enter'], group: 'run', always: true, run: () => void submit() },
  { id: 'run.first', label: 'cmd.run.first', keys: ['Ctrl+Shift+Enter'], group: 'run', always: true, run: () => void submit({ first: true }) },
  { id: 'run.here', label: 'cmd.run.here', keys: ['Shift+R'], group: 'run', run: () => runTo() },
  { id: 'stop', label: 'cmd.stop', keys: ['Ctrl+.'], group: 'run', always: true, run: () => stop() },
  { id: 'undo', label: 'cmd.undo', keys: ['Ctrl+Z'], group: 'edit', run: () => undo() },
  { id: 'redo', label: 'cmd.redo', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], group: 'edit', run: () => redo() },
  { id: 'copy', label: 'cmd.copy', keys: ['Ctrl+C'], group: 'edit', native: true, run: () => void clip.copy() },
  { id: 'cut', label: 'cmd.cut', keys: ['Ctrl+X'], group: 'edit', native: true, run: () => void clip.copy(true) },
  { id: 'paste', label: 'cmd.paste', keys: ['Ctrl+V'], group: 'edit', native: true, run: () => void clip.paste(false) },
  { id: 'paste.links', label: 'cmd.paste.links', keys: ['Ctrl+Shift+V'], group: 'edit', native: true, run: () => void clip.paste(true) },
  { id: 'delete', label: 'cmd.delete', keys: ['Delete', 'Backspace'], group: 'edit', run: () => remove() },
  { id: 'duplicate', label: 'cmd.duplicate', keys: ['Ctrl+D'], group: 'edit', run: () => duplicate() },
  { id: 'all', label: 'cmd.all', keys: ['Ctrl+A'], group: 'edit', run: () => selectAll() },
  { id: 'none', label: 'cmd.none', keys: ['Ctrl+Shift+A'], group: 'edit', run: () => editor().select([]) },
  { id: 'nudge', label: 'cmd.nudge', keys: [...ARROWS, ...ARROWS.map((a) => `Shift+${a}`)], group: 'edit', onCanvas: true, run: arrow },
  { id: 'travel', label: 'cmd.travel', keys: ARROWS.map((a) => `Ctrl+${a}`), group: 'view', onCanvas: true, run: travel },
  { id: 'sockets', label: 'cmd.sockets', keys: ['Enter'], group: 'node', onCanvas: true, run: () => intoNode() },
  { id: 'connect', label: 'cmd.connect', keys: ['C'], group: 'node', onCanvas: true, run: () => connectFocused() },
  { id: 'menu', label: 'cmd.menu', keys: ['Shift+F10', 'ContextMenu'], group: 'node', run: () => menu() },
  { id: 'rename', label: 'cmd.rename', keys: ['F2'], group: 'node', run: () => renameSelected() },
  { id: 'palette', label: 'cmd.palette', keys: ['Space', 'Shift+A', 'N'], group: 'node', run: () => openPalette() },
  { id: 'enabled', label: 'cmd.enabled', keys: ['Ctrl+B', 'Ctrl+M'], group: 'node', run: () => act.toggleEnabled(act.selectedWithMembers(canvas()?.nodes ?? [])) },
  { id: 'collapse', label: 'cmd.collapse', keys: ['Alt+C'], group: 'node', run: () => collapse() },
  { id: 'frame', label: 'cmd.frame', keys: ['Ctrl+G'], group: 'node', run: () => act.frameSelected() },
  { id: 'subgraph', label: 'cmd.subgraph', keys: ['Ctrl+Shift+G'], group: 'node', run: () => void makeSubgraph() },
  { id: 'expand', label: 'cmd.expand', keys: ['Ctrl+Shift+U'], group: 'node', run: () => void expandSubgraph() },
  { id: 'enter', label: 'cmd.enter', keys: ['Alt+ArrowDown'], group: 'node', run: () => enterSubgraph() },
  { id: 'leave', label: 'cmd.leave', keys: ['Alt+ArrowUp'], group: 'node', run: () => leaveSubgraph() },
  { id: 'ports', label: 'cmd.ports', keys: ['Alt+P'], group: 'view', run: () => ui().show({ ports: !ui().ports }) },
  { id: 'tidy', label: 'cmd.tidy', keys: ['Shift+T'], group: 'view', run: () => act.tidy() },
  { id: 'fit', label: 'cmd.fit', keys: ['.', 'F'], group: 'view', run: () => void canvas()?.rf.fitView({ padding: 0.12, maxZoom: 1.2, duration: 180 }) },
  { id: 'zoom.in', label: 'cmd.zoom.in', keys: ['+', '='], group: 'view', run: () => void canvas()?.rf.zoomIn({ duration: 120 }) },
  { id: 'zoom.out', label: 'cmd.zoom.out', keys: ['-'], group: 'view', run: () => void canvas()?.rf.zoomOut({ duration: 120 }) },
  { id: 'zoom.one', label: 'cmd.zoom.one', keys: ['0'], group: 'view', run: () => void canvas()?.rf.zoomTo(1, { duration: 120 }) },
  { id: 'minimap', label: 'cmd.minimap', keys: ['M'], group: 'view', run: () => ui().show({ minimap: !ui().minimap }) },
  { id: 'find', label: 'cmd.find', keys: ['Ctrl+F'], group: 'view', always: true, run: () => ui().show({ panel: 'outline' }) },
  { id: 'outline', label: 'cmd.outline', keys: ['O'], group: 'view', run: () => toggle('outline') },
  { id: 'library', label: 'cmd.library', keys: ['L'], group: 'view', run: () => toggle('library') },
  { id: 'form', label: 'cmd.form', keys: ['I'], group: 'view', run: () => toggle('form') },
  { id: 'history', label: 'cmd.history', keys: ['H'], group: 'view', run: () => toggle('history') },
  { id: 'gallery', label: 'cmd.gallery', keys: ['G'], group: 'view', run: () => toggleSide('gallery') },
  { id: 'queue', label: 'cmd.queue', keys: ['Q'], group: 'view', run: () => toggleSide('queue') },
  { id: 'problems', label: 'cmd.problems', keys: ['P'], group: 'view', run: () => toggleSide('problems') },
  { id: 'save', label: 'cmd.save', keys: ['Ctrl+S'], group: 'file', always: true, run: () => saveNamed() },
  { id: 'saveas', label: 'cmd.saveas', keys: ['Ctrl+Shift+S'], group: 'file', always: true, run: () => ui().show({ dialog: `saveas:${editor().active}` }) },
  { id: 'open', label: 'cmd.open', keys: ['Ctrl+O'], group: 'file', always: true, run: () => ui().show({ dialog: 'open' }) },
  { id: 'new', label: 'cmd.new', keys: ['Alt+N'], group: 'file', run: () => void newDocument(t('document.untitled')) },
  { id: 'help', label: 'cmd.help', keys: ['?', 'F1'], group: 'view', run: () => ui().show({ dialog: 'help' }) },
  { id: 'settings', label: 'cmd.settings', keys: ['Ctrl+,'], group: 'view', always: true, run: () => ui().show({ dialog: 'settings' }) },
]

function toggle(panel: Panel): void {
  ui().show({ panel: ui().panel === panel ? null : panel })
}

function toggleSide(side: Side): void {
  ui().show({ side: ui().side === side ? null : side })
}

/** Save; what nobody gave a name yet is given one first. */
export function saveNamed(): void {
  const tab = activeTab(editor())
  const unnamed = tab?.revision === null && !tab.template && [undefined, '', t('document.untitled')].includes(tab.history.document.name)
  if (unnamed) ui().show({ dialog: `saveas:${tab.id}` })
  else void save()
}

export function undo(): void {
  const label = activeTab(editor())?.history.past.at(-1)?.label
  editor().undo()
  ui().announce(label ? t('said.undone', { label }) : t('said.nothing.undo'))
}

export function redo(): void {
  const label = activeTab(editor())?.history.future[0]?.label
  editor().redo()
  ui().announce(label ? t('said.redone', { label }) : t('said.nothing.redo'))
}

function pickedLinks() {
  const shown = canvas()
  return (shown?.wires ?? []).flatMap((w) => (shown?.picked.has(w.id) && w.data ? [w.data.link] : []))
}

function duplicate(): void {
  const text = act.copySelected()
  const tab = activeTab(editor())
  if (text === null || !tab) return
  const sheet = sheetOf(tab.history.document, tab.levels.at(-1)?.sheet ?? null)
  const nodes = [...tab.selected].map((id) => sheet.layout?.[id] ?? { x: 0, y: 0 })
  const places = [...nodes, ...(sheet.frames ?? []).filter((f) => tab.frames.has(f.id))]
  const x = Math.min(...places.map((p) => p.x))
  const y = Math.min(...places.map((p) => p.y))
  act.paste(text, { x: x + 40, y: y + 40 }, true)
}

function selectAll(): void {
  const state = act.now()
  if (state) editor().select(Object.keys(state.sheet.nodes), (state.sheet.frames ?? []).map((f) => f.id))
}

export function openPalette(): void {
  const shown = canvas()
  if (!shown) return
  const screen = paletteAt(shown.pointer)
  ui().show({ palette: { screen, flow: shown.rf.screenToFlowPosition(screen), wanted: null, from: null, loose: true } })
}

/** At the pointer where it is over the canvas, else in the middle of it. */
function paletteAt({ x, y }: { x: number; y: number }): { x: number; y: number } {
  const stage = document.querySelector('.stage')?.getBoundingClientRect()
  if (!stage || (x > stage.x && x < stage.right && y > stage.y && y < stage.bottom)) return { x, y }
  return { x: stage.x + stage.width / 2 - 190, y: stage.y + stage.height / 4 }
}

function collapse(): void {
  const tab = activeTab(editor())
  const state = act.now()
  if (!tab || !state || tab.selected.size === 0) return
  const on = [...tab.selected].some((id) => !state.sheet.layout?.[id]?.collapsed)
  editor().edit(t(on ? 'step.collapse' : 'step.expand'), onSheet((s) => {
    for (const id of tab.selected) patchPlace(s, id, { collapsed: on ? true : undefined } as object)
  }))
}

/** Run only what the selected nodes need. */
export function runTo(ids?: readonly string[]): void {
  const tab = activeTab(editor())
  if (!tab) return
  const targets = (ids ?? [...tab.selected]).map((id) => flatId(tab, id))
  if (targets.length > 0) void submit({ targets })
}

export function stop(): void {
  const tab = activeTab(editor())
  const now = tab && (useRuns.getState().tabs[tab.id] ?? IDLE)
  if (now?.run && (now.state === 'running' || now.state === 'queued')) void cancel(now.run)
}

/** Delete: at a socket its links, else what is selected. */
function remove(): void {
  const at = focused()
  if (at?.handle) cutAt({ node: at.node, handle: at.handle })
  else act.removeSelected(pickedLinks())
}

/** Enter: into a subgraph's instance, else to the sockets of the node. */
function intoNode(): void {
  const at = focused()
  if (at?.handle) connectFocused()
  else if (chosenInstance() !== null) enterSubgraph()
  else if (at) toSockets(at.node)
}

/** The menu of what has the focus, as the right button would open it. */
function menu(): void {
  const [first] = activeTab(editor())?.selected ?? []
  const held = document.activeElement?.closest('.canvas') ? document.activeElement : null
  const node = first === undefined ? null : document.querySelector(`.react-flow__node[data-id="${CSS.escape(first)}"]`)
  const element = held ?? node ?? document.querySelector('.canvas .react-flow__pane')
  const box = element?.getBoundingClientRect()
  if (!element || !box) return
  const inside = { x: Math.min(Math.max(box.x + 12, 60), innerWidth - 40), y: Math.min(Math.max(box.y + Math.min(30, box.height), 60), innerHeight - 60) }
  element.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: inside.x, clientY: inside.y }))
}

const TAP = 350 // milliseconds: a longer press of Space pans

/** Listen for the commands' keys. The function ends it. */
export function listen(): () => void {
  const byKeys = new Map(COMMANDS.filter((c) => !c.native).flatMap((c) => c.keys.map((k) => [k, c] as const)))
  const events = new AbortController()
  const { signal } = events
  let space = 0
  const usable = (command: Command, e: KeyboardEvent) =>
    !e.defaultPrevented && (command.always === true || ((!elsewhere() || takesBack(command)) && !document.querySelector('[aria-modal=true]'))) && (!command.onCanvas || onCanvas()) && !pressesButton(command, e)
  const onKey = (e: KeyboardEvent) => {
    const combo = comboOf(e)
    const command = byKeys.get(combo)
    if (!command || !usable(command, e)) return
    if (combo === 'Space') {
      if (onCanvas() && !e.repeat) space = performance.now()
      return
    }
    e.preventDefault()
    command.run(combo)
  }
  const onKeyUp = (e: KeyboardEvent) => {
    if (e.key === ' ' && space > 0 && performance.now() - space < TAP && !elsewhere()) openPalette()
    if (e.key === ' ') space = 0
  }
  window.addEventListener('keydown', onKey, { signal })
  window.addEventListener('keyup', onKeyUp, { signal })
  window.addEventListener('pointerdown', () => (space = 0), { signal, capture: true })
  return () => events.abort()
}

/** In a number that nobody is typing there is nothing else to take back than steps. */
function takesBack(command: Command): boolean {
  return (command.id === 'undo' || command.id === 'redo') && document.activeElement instanceof HTMLElement && document.activeElement.dataset.settled === 'true'
}

/** Enter and Space belong to the button that has the focus. */
function pressesButton(command: Command, e: KeyboardEvent): boolean {
  return (e.key === 'Enter' || e.key === ' ') && !command.always && document.activeElement instanceof HTMLButtonElement
}
