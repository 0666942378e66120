/** Unsaved work that nobody has open: of pages that died, and of pages that closed it. */

import { useEditor } from '@/app/editor'
import { livePages } from './client'
import { discardDraft, draftsOf, type Draft } from './drafts'
import type { Listed } from './names'
import { openDraft, openNamed, openUnsaved } from './documents'

export interface Recovered {
  name: string
  draft: Draft
  /** There is a saved document of that name. */
  saved: boolean
}

const MOST = 30 // documents that are asked about

export async function recoverable({ workflows, unsaved }: Listed): Promise<Recovered[]> {
  const open = new Set(useEditor.getState().tabs.map((tab) => tab.name))
  const live = await livePages()
  const names = [...unsaved.map((name) => ({ name, saved: false })), ...workflows.filter((e) => e.drafts > 0).map((e) => ({ name: e.name, saved: true }))]
  const found = await Promise.all(names.slice(0, MOST).map(async ({ name, saved }) => (await draftsOf(name)).map((draft) => ({ name, draft, saved }))))
  return found.flat().filter(({ name, draft }) => !live.has(draft.client) && !(draft.mine && open.has(name))).sort((a, b) => (a.draft.at < b.draft.at ? 1 : -1))
}

/** Open it: what this page made as it was, what another one made as a copy. */
export async function recover({ name, draft, saved }: Recovered): Promise<void> {
  if (draft.mine && saved) await openNamed(name)
  else if (draft.mine) await openUnsaved(name)
  else await openDraft(name, draft)
}

export async function throwAway({ name, draft }: Recovered): Promise<void> {
  await discardDraft(name, draft.client)
}
