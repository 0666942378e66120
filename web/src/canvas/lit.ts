/** The path that is lit: all that a socket's value comes from and goes to. */

import { create } from 'zustand'
import type { Sheet } from '@/model/document'
import { linkId, linksOf, reached } from '@/model/links'

interface Lit {
  /** Ids of the wires that are lit; null when none is and all are as usual. */
  wires: ReadonlySet<string> | null
}

export const useLit = create<Lit>()(() => ({ wires: null }))

/** Light what leads to and from a node. */
export function light(sheet: Sheet, node: string): void {
  const [up, down] = [reached(sheet, [node], 'up'), reached(sheet, [node], 'down')]
  const wires = linksOf(sheet).filter((l) => (up.has(l.source) && up.has(l.target)) || (down.has(l.source) && down.has(l.target)))
  useLit.setState({ wires: new Set(wires.map(linkId)) })
}

/** Light all that a socket's value comes from, or goes to. */
export function lightSocket(sheet: Sheet, node: string, way: 'source' | 'target', name: string): void {
  const links = linksOf(sheet)
  const first = links.filter((l) => (way === 'source' ? l.source === node && l.output === name : l.target === node && l.input === name))
  const beyond = reached(sheet, first.map((l) => (way === 'source' ? l.target : l.source)), way === 'source' ? 'down' : 'up')
  const path = links.filter((l) => beyond.has(l.source) && beyond.has(l.target))
  useLit.setState({ wires: new Set([...first, ...path].map(linkId)) })
}

export function unlight(): void {
  if (useLit.getState().wires !== null) useLit.setState({ wires: null })
}
