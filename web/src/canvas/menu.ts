/** The menu that is open, and what it is about. */

import { create } from 'zustand'
import type { Link } from '@/model/links'
import type { Held } from './offer'

/** What a menu was asked for. */
export type Target =
  | { kind: 'canvas' }
  | { kind: 'node'; node: string; input: string | null }
  | { kind: 'frame'; frame: string }
  | { kind: 'wire'; link: Link }
  | { kind: 'socket'; held: Held }

export interface Item {
  id: string
  label: string
  /** Said after the label: the type of a socket, the name of a node. */
  detail?: string
  /** The combination that does the same. */
  keys?: string
  /** A tint before the label. */
  colour?: string
  disabled?: boolean
  /** Of several that exclude each other, or of a switch. */
  checked?: boolean
  run: () => void
}

/** Items that belong together; menus part them by a line. */
export type Section = readonly Item[]

export interface OpenMenu {
  label: string
  at: { x: number; y: number }
  sections: readonly Section[]
  /** A search field stands above the items. */
  search: boolean
}

/** A question with one line of text as its answer, asked where it matters. */
export interface Question {
  label: string
  value: string
  at: { x: number; y: number }
  done: (answer: string) => void
}

interface Menus {
  menu: OpenMenu | null
  question: Question | null
  open: (menu: OpenMenu) => void
  close: () => void
  ask: (question: Question | null) => void
}

export const useMenu = create<Menus>()((set) => ({
  menu: null,
  question: null,
  open: (menu) => set({ menu, question: null }),
  close: () => set({ menu: null }),
  ask: (question) => set({ question, menu: null }),
}))
