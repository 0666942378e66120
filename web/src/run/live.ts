/** Live mode: what depends on an edit is run as it is made; the run before is stopped within a step. */

import { create } from 'zustand'
import { activeTab, useEditor } from '@/app/editor'
import type { WorkflowDocument } from '@/model/document'
import { cancel, submit } from './running'
import { isLive, tabRun } from './state'

interface Live {
  /** The tabs in which it is on. */
  tabs: ReadonlySet<string>
}

export const useLive = create<Live>()(() => ({ tabs: new Set() }))

const REST = 50 // milliseconds without an edit until it is run
const LONGEST = 250 // though edits go on, as when a slider is dragged
const PRIORITY = 10 // somebody looks: it goes before what waits

let timer = 0
let since = 0
let sending = false
let again = false

export function toggleLive(tab: string): void {
  const { tabs } = useLive.getState()
  const on = !tabs.has(tab)
  useLive.setState({ tabs: new Set(on ? [...tabs, tab] : [...tabs].filter((id) => id !== tab)) })
  if (on) soon()
}

/** Listen for edits. The function ends it. */
export function watchLive(): () => void {
  return useEditor.subscribe((state, before) => {
    if (state.tabs === before.tabs) return
    const tab = activeTab(state)
    const was = before.tabs.find((x) => x.id === tab?.id)
    if (tab && was && useLive.getState().tabs.has(tab.id) && matters(was.history.document, tab.history.document)) soon()
  })
}

/** Whether a change can change a result: places and frames cannot. */
function matters(before: WorkflowDocument, now: WorkflowDocument): boolean {
  return before.nodes !== now.nodes || before.subgraphs !== now.subgraphs
}

function soon(): void {
  const now = performance.now()
  if (timer === 0) since = now
  clearTimeout(timer)
  timer = window.setTimeout(() => void rerun(), Math.max(0, Math.min(REST, since + LONGEST - now)))
}

async function rerun(): Promise<void> {
  timer = 0
  if (sending) {
    again = true
    return
  }
  const tab = useEditor.getState().active
  const { run, state } = tabRun(tab)
  sending = true
  try {
    const stopped = run !== null && isLive(state) ? cancel(run) : null
    await submit({ quiet: true, priority: PRIORITY })
    await stopped
  } finally {
    sending = false
    if (again) {
      again = false
      soon()
    }
  }
}
