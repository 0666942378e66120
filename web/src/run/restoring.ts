/** Which documents a page has open: remembered by the browser, and opened again with every edit. */

import { useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { remembered, rememberOpen, type Remembered } from './client'
import { Unreachable } from './api'
import { messageOf, openNamed, openUnsaved } from './documents'
import { keep } from './journal'
import { listAll } from './names'
import { unsentStashes } from './stash'

const PAUSE = 300 // milliseconds; where one looks changes with every movement

/** Remember the open tabs from now on. The function ends it. */
export function remember(): () => void {
  let timer = 0
  let last = ''
  const now = () => {
    const { tabs, active } = useEditor.getState()
    const open = tabs.flatMap((tab) => entryOf(tab, tab.id === active))
    const names = JSON.stringify(open.map(({ views: _, ...rest }) => rest))
    clearTimeout(timer)
    if (names !== last) rememberOpen(open)
    else timer = window.setTimeout(() => rememberOpen(open), PAUSE)
    last = names
  }
  now()
  return useEditor.subscribe((state, before) => {
    if (state.tabs !== before.tabs || state.active !== before.active) now()
  })
}

function entryOf(tab: Tab, active: boolean): Remembered[] {
  if (tab.reading) return []
  const name = tab.name ?? (tab.template ? tab.source : null)
  const nothing = name === null && tab.history.past.length === 0
  return nothing ? [] : [{ name, active, views: { ...tab.views }, ...(tab.template ? { template: true } : {}), ...(name === null ? { stash: tab.id } : {}) }]
}

/** Open what was open when the page was left, with edits that were never saved; else the first template.
 *
 * wanted: the document that the address names.
 */
export async function restore(wanted: string | null): Promise<void> {
  const saved = new Set((await listAll()).workflows.map((e) => e.name))
  const open = (name: string, views: Tab['views'] = {}) => attempt(name, async () => {
    if (saved.has(name) || !(await openUnsaved(name, views))) await openNamed(name, views)
  })
  let chosen = ''
  for (const { name, active, views } of remembered()) {
    if (name !== null) await open(name, views)
    if (active) chosen = useEditor.getState().active
  }
  await openLost(saved)
  if (chosen !== '') useEditor.getState().activate(chosen)
  if (wanted !== null) await open(wanted)
  if (useEditor.getState().tabs.length === 0) await openFirst()
}

/** One document that cannot be opened keeps no other from it. */
async function attempt(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Unreachable) throw error
    useUi.getState().tell('bad', t('document.failed', { name, message: messageOf(error) }))
  }
}

/** What the server never got, because it was away to the end, and what is not open: nothing of it is lost. */
async function openLost(saved: ReadonlySet<string>): Promise<void> {
  const left = await unsentStashes().catch(() => []) // a browser that keeps nothing
  for (const [what, { name, document, past, future }] of left) {
    if (useEditor.getState().tabs.some((tab) => tab.id === what || (name !== null && tab.name === name))) continue
    if (name !== null && saved.has(name)) await attempt(name, () => openNamed(name))
    else keep(useEditor.getState().open({ id: what, document, name, history: { document, past, future } }))
  }
}

async function openFirst(): Promise<void> {
  const { workflows } = await listAll()
  const first = workflows.find((e) => e.template && e.name === 'text_to_image') ?? workflows.find((e) => e.template) ?? workflows[0]
  if (first) await openNamed(first.name)
}
