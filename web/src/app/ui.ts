/** What the page shows beside the documents: panels, dialogs, messages, the theme. */

import { create } from 'zustand'
import type { Link } from '@/model/links'
import type { Wanted } from '@/model/search'

export type Panel = 'library' | 'outline' | 'form' | 'history' | null
export type Side = 'gallery' | 'queue' | 'problems' | null
export type Theme = 'system' | 'dark' | 'light'

/** Where the palette stands, and what a node that is chosen in it will be linked to. */
export interface PaletteAt {
  screen: { x: number; y: number }
  flow: { x: number; y: number }
  wanted: Wanted | null
  from: { node: string; end: string; index: number | null; way: 'source' | 'target' } | null
  /** Opened by a key: the node covers no other. */
  loose?: true
  /** The link that the node goes between. */
  between?: Link
}

export interface Message {
  id: number
  kind: 'note' | 'good' | 'bad'
  text: string
  action?: { label: string; run: () => void }
}

interface Ui {
  panel: Panel
  side: Side
  palette: PaletteAt | null
  /** Whether the ports of the open subgraph are shown; whether the minimap is. */
  ports: boolean
  minimap: boolean
  dialog: string | null
  messages: readonly Message[]
  said: string
  theme: Theme
  show: (change: Partial<Pick<Ui, 'panel' | 'side' | 'palette' | 'ports' | 'minimap' | 'dialog'>>) => void
  setTheme: (theme: Theme) => void
  tell: (kind: Message['kind'], text: string, action?: Message['action']) => void
  dismiss: (id: number) => void
  announce: (text: string) => void
}

const THEME = 'calotype.theme'
const LASTS = { note: 5_000, good: 4_000, bad: 12_000 }
let count = 0

export const useUi = create<Ui>()((set, get) => ({
  panel: null,
  side: null,
  palette: null,
  ports: false,
  minimap: true,
  dialog: null,
  messages: [],
  said: '',
  theme: (localStorage.getItem(THEME) as Theme | null) ?? 'system',
  show: (change) => set(change),
  setTheme: (theme) => {
    localStorage.setItem(THEME, theme)
    set({ theme })
  },
  tell: (kind, text, action) => {
    const id = (count += 1)
    const message: Message = { id, kind, text, ...(action ? { action } : {}) }
    set((s) => ({ messages: [...s.messages.filter((m) => m.text !== text), message].slice(-4), said: text }))
    setTimeout(() => get().dismiss(id), LASTS[kind])
  },
  dismiss: (id) => set((s) => ({ messages: s.messages.filter((m) => m.id !== id) })),
  announce: (said) => set({ said }),
}))
