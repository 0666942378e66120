/** The open documents: what each says, its history, and what is selected in it. */

import { freeze } from 'immer'
import { create } from 'zustand'
import { emptyDocument, equal, sheetOf, type Sheet, type SheetName, type WorkflowDocument } from '@/model/document'
import { begun, did, redone, travelled, undone, type Change, type History } from '@/model/history'
import { Typing } from '@/model/typing'
import type { Catalogue } from '@/model/catalogue'
import { t } from './i18n'
import { useUi } from './ui'

export interface View {
  x: number
  y: number
  zoom: number
}

/** One level inside of a subgraph: the instance that was opened, and the subgraph that it is of. */
export interface Level {
  instance: string
  sheet: string
}

export interface Tab {
  id: string
  /** Its name on the server; null until it is saved there. */
  name: string | null
  /** It came with the program: saving makes a copy. */
  template: boolean
  /** The template that it was made from. */
  source: string | null
  /** A kept version of a document, to be looked at and not changed. */
  reading: { name: string; revision: number; at: string } | null
  history: History
  /** The document as the server has it; null when it has none. */
  saved: WorkflowDocument | null
  /** The server's revision of `saved`, for If-Match. */
  revision: string | null
  levels: readonly Level[]
  selected: ReadonlySet<string>
  frames: ReadonlySet<string>
  views: Readonly<Record<string, View>>
}

interface Editor {
  catalogue: Catalogue
  tabs: readonly Tab[]
  active: string
  setCatalogue: (catalogue: Catalogue) => void
  open: (tab: Partial<Tab> & { document: WorkflowDocument }) => string
  close: (id: string) => void
  activate: (id: string) => void
  patch: (id: string, change: Partial<Tab>) => void
  edit: (label: string, change: Change, merge?: string) => void
  undo: () => void
  redo: () => void
  travel: (steps: number) => void
  select: (ids: Iterable<string>, frames?: Iterable<string>) => void
  enter: (level: Level) => void
  leave: (levels: number) => void
}

const NONE: ReadonlySet<string> = new Set()
let counter = 0

export const useEditor = create<Editor>()((set, get) => {
  const patch = (id: string, change: Partial<Tab>) =>
    set((s) => ({ tabs: s.tabs.map((t) => (t.id === id ? { ...t, ...change } : t)) }))
  const withHistory = (change: (history: History) => History) => {
    const tab = activeTab(get())
    if (!tab) return
    if (tab.reading) { useUi.getState().tell('note', t('reading.only')); return }
    const history = change(tab.history)
    if (history !== tab.history) patch(tab.id, { history, ...stillThere(tab, history.document) })
  }
  return {
    catalogue: new Map(),
    tabs: [],
    active: '',
    setCatalogue: (catalogue) => set({ catalogue }),
    open: ({ document, ...said }) => {
      freeze(said.history?.document ?? document, true)
      const id = said.id ?? `tab${Date.now().toString(36)}${(counter += 1)}`
      const tab: Tab = {
        name: null, template: false, source: null, reading: null, history: begun(document), saved: null, revision: null,
        levels: [], selected: NONE, frames: NONE, views: {}, ...said, id,
      }
      set((s) => ({ tabs: [...s.tabs.filter((t) => t.id !== id), tab], active: id }))
      return id
    },
    close: (id) =>
      set((s) => {
        const at = s.tabs.findIndex((t) => t.id === id)
        const tabs = s.tabs.filter((t) => t.id !== id)
        return { tabs, active: s.active === id ? (tabs[Math.max(0, at - 1)]?.id ?? '') : s.active }
      }),
    activate: (active) => set({ active }),
    patch,
    edit: (label, change, merge) => withHistory((h) => did(h, label, change, Date.now(), merge)),
    undo: () => withHistory(undone),
    redo: () => withHistory(redone),
    travel: (steps) => withHistory((h) => travelled(h, steps)),
    select: (ids, frames = NONE) => {
      const tab = activeTab(get())
      if (tab) patch(tab.id, { selected: new Set(ids), frames: new Set(frames) })
    },
    enter: (level) => {
      const tab = activeTab(get())
      if (tab) patch(tab.id, { levels: [...tab.levels, level], selected: NONE, frames: NONE })
    },
    leave: (levels) => {
      const tab = activeTab(get())
      if (tab) patch(tab.id, { levels: tab.levels.slice(0, levels), selected: NONE, frames: NONE })
    },
  }
})

/** Selections and levels that a step took away are forgotten. */
function stillThere(tab: Tab, document: WorkflowDocument): Partial<Tab> {
  const depth = tab.levels.findIndex((l) => !(l.sheet in (document.subgraphs ?? {})))
  const levels = depth < 0 ? tab.levels : tab.levels.slice(0, depth)
  const sheet = sheetOf(document, levels.at(-1)?.sheet ?? null)
  const selected = [...tab.selected].filter((id) => id in sheet.nodes)
  return { levels, selected: selected.length === tab.selected.size ? tab.selected : new Set(selected) }
}

export function activeTab(state: Pick<Editor, 'tabs' | 'active'>): Tab | undefined {
  return state.tabs.find((t) => t.id === state.active)
}

export function sheetName(tab: Tab): SheetName {
  return tab.levels.at(-1)?.sheet ?? null
}

export function currentSheet(tab: Tab): Sheet {
  return sheetOf(tab.history.document, sheetName(tab))
}

/** The id that a node of the open sheet has in runs and plans. */
export function flatId(tab: Tab, id: string): string {
  return [...tab.levels.map((l) => l.instance), id].join('/')
}

/** Whether there is something to save: it says other things than the saved document, or was never saved. */
export function isDirty(tab: Tab): boolean {
  const { document, past } = tab.history
  if (tab.reading || document === tab.saved) return false
  if (tab.saved === null) return past.length > 0 || (tab.name !== null && Object.keys(document.nodes).length > 0)
  const known = compared.get(document)
  if (known?.saved === tab.saved) return known.dirty
  const dirty = !equal(document, tab.saved)
  compared.set(document, { saved: tab.saved, dirty })
  return dirty
}

const compared = new WeakMap<WorkflowDocument, { saved: WorkflowDocument; dirty: boolean }>()

/** A change of the open sheet, whichever it is. */
export function onSheet(change: (sheet: Sheet, document: WorkflowDocument, name: SheetName) => void): Change {
  const tab = activeTab(useEditor.getState())
  const name = tab ? sheetName(tab) : null
  return (document) => change(sheetOf(document, name), document, name)
}

export function newDocument(name = 'Untitled'): string {
  return useEditor.getState().open({ document: emptyDocument(name) })
}

const typings = new WeakMap<WorkflowDocument, Typing>()

/** The types of a document's nodes, derived once for each state of it. */
export function typingOf(document: WorkflowDocument, catalogue: Catalogue): Typing {
  const known = typings.get(document)
  if (known?.catalogue === catalogue) return known
  const typing = new Typing(catalogue, document)
  typings.set(document, typing)
  return typing
}
