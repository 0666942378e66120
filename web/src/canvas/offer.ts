/** While a link is being made: which sockets it may go to. */

import { create } from 'zustand'
import { activeTab, currentSheet, typingOf, useEditor } from '@/app/editor'
import type { Sheet } from '@/model/document'
import { linksOf, type Link } from '@/model/links'
import type { Typing } from '@/model/typing'
import { judge, type Verdict } from './connecting'
import { handleEnd } from './flow'

export interface Held {
  node: string
  handle: string
  /** Every link of this output is held, to be moved to another output. */
  all?: boolean
  /** The link whose end was taken off its input: it goes wherever this one is let go. */
  moved?: Link
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
  if (a.all) return a.node === b.node || other.way === 'target' ? { ok: false, why: '' } : movable(sheet, typing, a, b)
  if (one.way === other.way) return a.node === b.node && a.handle === b.handle ? null : { ok: false, why: '' }
  const [from, to] = one.way === 'source' ? [a, b] : [b, a]
  const [output, input] = [handleEnd(from.handle), handleEnd(to.handle)]
  return judge(sheet, typing, { node: from.node, output: output.name }, { node: to.node, input: input.name })
}

/** Whether every link of an output may come from another. */
function movable(sheet: Sheet, typing: Typing, from: Held, to: Held): Verdict | null {
  const [before, after] = [handleEnd(from.handle), handleEnd(to.handle)]
  const links = linksOf(sheet).filter((l) => l.source === from.node && l.output === before.name)
  const wrong = links.map((l) => judge(sheet, typing, { node: to.node, output: after.name }, { node: l.target, input: l.input })).find((v) => !v.ok)
  return wrong ?? { ok: true, variadic: false }
}
