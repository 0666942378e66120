/** Which run each document showed last: kept by the browser, so that a page that is loaded again shows it again. */

import { useEditor, type Tab } from '@/app/editor'
import { ApiError } from './api'
import { own, resume } from './following'
import { useQueue } from './queue'
import { tabRun, useRuns } from './state'

const KEY = 'calotype.runs'
const MOST = 200 // documents that are remembered

interface Kept {
  run: string
}

function all(): Record<string, Kept> {
  return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, Kept>
}

/** What a tab is remembered by: its name on the server, or that of the template that it shows. */
function keyOf(tab: Tab): string {
  return tab.name ?? `~${tab.history.document.name ?? ''}`
}

/** Remember what is shown, and show again what was. The function ends it. */
export function keepRuns(): () => void {
  const tried = new Set<string>()
  const look = () => {
    for (const tab of useEditor.getState().tabs) {
      const { run } = tabRun(tab.id)
      if (run !== null) remember(keyOf(tab), run)
      else if (!tried.has(tab.id)) {
        tried.add(tab.id)
        const kept = all()[keyOf(tab)]
        if (kept) void again(tab, kept.run)
      }
    }
  }
  look()
  const ends = [useEditor.subscribe((s, before) => { if (s.tabs !== before.tabs) look() }), useRuns.subscribe(look)]
  return () => { for (const end of ends) end() }
}

async function again(tab: Tab, run: string): Promise<void> {
  try {
    await resume(tab.id, run)
    const { client } = useQueue.getState().running.find((r) => r.id === run) ?? {}
    const others = useQueue.getState().waiting.filter((r) => client !== undefined && r.client === client && r.name === tab.history.document.name)
    own(tab.id, others.map((r) => r.id))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    forget(keyOf(tab)) // it is no longer kept, or the server is away: there is nothing to show
  }
}

let last = ''

function remember(key: string, run: string): void {
  if (last === `${key} ${run}`) return
  last = `${key} ${run}`
  const { [key]: _, ...others } = all()
  const kept = Object.entries(others).slice(-MOST)
  localStorage.setItem(KEY, JSON.stringify({ ...Object.fromEntries(kept), [key]: { run } }))
}

function forget(key: string): void {
  const { [key]: _, ...others } = all()
  localStorage.setItem(KEY, JSON.stringify(others))
}
