/** While a link is being made: which sockets it may go to. */

import { create } from 'zustand'
import { activeTab, currentSheet, typingOf, useEditor } from '@/app/editor'
import type { Sheet } from '@/model/document'
import type { Typing } from '@/model/typing'
import { judge, type Verdict } from './connecting'
import { handleEnd } from './flow'

export interface Held {
  node: string
  handle: string
}

interface Offer {
  held: Held | null
  hold: (held: Held | null) => void
}

export const useHeld = create<Offer>()((set) => ({ held: null, hold: (held) => set({ held }) }))

/** The verdict on a socket for the link that is held; null when none is. */
export function useOffer(node: string, handle: string): Verdict | null {
  const held = useHeld((s) => s.held)
  if (held === null) return null
  const tab = activeTab(useEditor.getState())
  if (!tab) return null
  return verdict(currentSheet(tab), typingOf(tab.history.document, useEditor.getState().catalogue), held, { node, handle })
}

/** Whether two sockets, in whichever order, may be linked. */
export function verdict(sheet: Sheet, typing: Typing, a: Held, b: Held): Verdict | null {
  const [one, other] = [handleEnd(a.handle), handleEnd(b.handle)]
  if (one.way === other.way) return a.node === b.node && a.handle === b.handle ? null : { ok: false, why: '' }
  const [from, to] = one.way === 'source' ? [a, b] : [b, a]
  const [output, input] = [handleEnd(from.handle), handleEnd(to.handle)]
  return judge(sheet, typing, { node: from.node, output: output.name }, { node: to.node, input: input.name })
}
