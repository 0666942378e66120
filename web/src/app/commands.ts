/** Every command of the editor: its name, its keys, when it can be used. Menus, keys and help read this one table. */

import { canvas, elsewhere } from '@/canvas/gestures'
import * as act from '@/canvas/actions'
import { save } from '@/run/documents'
import { cancel, submit } from '@/run/running'
import { IDLE, useRuns } from '@/run/state'
import { activeTab, flatId, newDocument, onSheet, useEditor } from './editor'
import { t, type Key } from './i18n'
import { useUi, type Panel, type Side } from './ui'
import { patchPlace } from '@/model/operations'
import { sheetOf } from '@/model/document'

export interface Command {
  id: string
  label: Key
  /** Key combinations, as "Ctrl+Shift+Z"; Ctrl is Cmd on a Mac. */
  keys: readonly string[]
  group: 'run' | 'edit' | 'view' | 'file' | 'node'
  run: () => void
  /** Also while text is being written. */
  always?: boolean
}

const editor = () => useEditor.getState()
const ui = () => useUi.getState()

export const COMMANDS: readonly Command[] = [
  { id: 'run', label: 'cmd.run', keys: ['Ctrl+Enter'], group: 'run', always: true, run: () => void submit() },
  { id: 'run.first', label: 'cmd.run.first', keys: ['Ctrl+Shift+Enter'], group: 'run', always: true, run: () => void submit({ first: true }) },
  { id: 'run.here', label: 'cmd.run.here', keys: ['Shift+R'], group: 'run', run: () => runTo() },
  { id: 'stop', label: 'cmd.stop', keys: ['Ctrl+.'], group: 'run', always: true, run: () => stop() },
  { id: 'undo', label: 'cmd.undo', keys: ['Ctrl+Z'], group: 'edit', run: () => undo() },
  { id: 'redo', label: 'cmd.redo', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], group: 'edit', run: () => redo() },
  { id: 'delete', label: 'cmd.delete', keys: ['Delete', 'Backspace'], group: 'edit', run: () => act.removeSelected(pickedLinks()) },
  { id: 'duplicate', label: 'cmd.duplicate', keys: ['Ctrl+D'], group: 'edit', run: () => duplicate() },
  { id: 'all', label: 'cmd.all', keys: ['Ctrl+A'], group: 'edit', run: () => selectAll() },
  { id: 'palette', label: 'cmd.palette', keys: ['Tab', 'Shift+A', 'N'], group: 'node', run: () => openPalette() },
  { id: 'enabled', label: 'cmd.enabled', keys: ['Ctrl+B', 'Ctrl+M'], group: 'node', run: () => act.toggleEnabled(act.selectedWithMembers(canvas()?.nodes ?? [])) },
  { id: 'collapse', label: 'cmd.collapse', keys: ['Alt+C'], group: 'node', run: () => collapse() },
  { id: 'frame', label: 'cmd.frame', keys: ['Ctrl+G'], group: 'node', run: () => act.frameSelected() },
  { id: 'tidy', label: 'cmd.tidy', keys: ['Shift+T'], group: 'view', run: () => act.tidy() },
  { id: 'fit', label: 'cmd.fit', keys: ['.', 'F'], group: 'view', run: () => void canvas()?.rf.fitView({ padding: 0.12, maxZoom: 1.2, duration: 180 }) },
  { id: 'find', label: 'cmd.find', keys: ['Ctrl+F'], group: 'view', always: true, run: () => ui().show({ panel: 'outline' }) },
  { id: 'outline', label: 'cmd.outline', keys: ['O'], group: 'view', run: () => toggle('outline') },
  { id: 'library', label: 'cmd.library', keys: ['L'], group: 'view', run: () => toggle('library') },
  { id: 'form', label: 'cmd.form', keys: ['I'], group: 'view', run: () => toggle('form') },
  { id: 'history', label: 'cmd.history', keys: ['H'], group: 'view', run: () => toggle('history') },
  { id: 'gallery', label: 'cmd.gallery', keys: ['G'], group: 'view', run: () => toggleSide('gallery') },
  { id: 'queue', label: 'cmd.queue', keys: ['Q'], group: 'view', run: () => toggleSide('queue') },
  { id: 'problems', label: 'cmd.problems', keys: ['P'], group: 'view', run: () => toggleSide('problems') },
  { id: 'save', label: 'cmd.save', keys: ['Ctrl+S'], group: 'file', always: true, run: () => void save() },
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
  const places = [...tab.selected].map((id) => sheetOf(tab.history.document, tab.levels.at(-1)?.sheet ?? null).layout?.[id])
  const x = Math.min(...places.map((p) => p?.x ?? 0))
  const y = Math.min(...places.map((p) => p?.y ?? 0))
  act.paste(text, { x: x + 40, y: y + 40 }, true)
}

function selectAll(): void {
  const state = act.now()
  if (state) editor().select(Object.keys(state.sheet.nodes), (state.sheet.frames ?? []).map((f) => f.id))
}

function openPalette(): void {
  const shown = canvas()
  if (!shown) return
  const screen = { ...shown.pointer }
  ui().show({ palette: { screen, flow: shown.rf.screenToFlowPosition(screen), wanted: null, from: null } })
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

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The combination that a key event is, as commands write it. */
export function comboOf(e: KeyboardEvent): string {
  const key = e.key === ' ' ? 'Space' : e.key.length === 1 ? e.key.toUpperCase() : e.key
  const ctrl = MAC ? e.metaKey : e.ctrlKey
  const shifted = e.shiftKey && (key.length > 1 || /[A-Z]/.test(key))
  return [ctrl ? 'Ctrl' : '', e.altKey ? 'Alt' : '', shifted ? 'Shift' : '', key].filter(Boolean).join('+')
}

/** Listen for the commands' keys. The function ends it. */
export function listen(): () => void {
  const byKeys = new Map(COMMANDS.flatMap((c) => c.keys.map((k) => [k, c] as const)))
  const onKey = (e: KeyboardEvent) => {
    const command = byKeys.get(comboOf(e))
    if (!command || e.defaultPrevented || (elsewhere() && !command.always)) return
    if (document.querySelector('[aria-modal=true]') && !command.always) return
    if (e.key === 'Tab' && !onCanvas()) return
    e.preventDefault()
    command.run()
  }
  window.addEventListener('keydown', onKey)
  return () => window.removeEventListener('keydown', onKey)
}

/** Tab travels as everywhere, except on the canvas with nothing chosen. */
function onCanvas(): boolean {
  return document.activeElement === document.body || document.activeElement?.classList.contains('react-flow') === true
}

export function shownKeys(keys: string): string {
  return MAC ? keys.replace('Ctrl+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥') : keys
}
