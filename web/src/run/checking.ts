/** What the server says of the workflow while it is edited: problems, and what a run would do. */

import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { WorkflowDocument } from '@/model/document'
import { needing, nodeAt } from '@/model/inside'
import { ask, validate } from './api'
import { planWithInstances } from './instances'
import { useRuns, type PlanMark, type Problem } from './state'

const PAUSE = 250

interface Planned {
  entries: { node: string; status: PlanMark['status']; reason?: string }[]
}

let asking: AbortController | null = null
let timer = 0
let last: WorkflowDocument | null = null

/** Look at the open workflow whenever it changed and then rested for a moment. */
export function watch(): () => void {
  const look = (force = false) => {
    const { tabs, active } = useEditor.getState()
    const tab = tabs.find((t) => t.id === active)
    if (!tab || (!force && tab.history.document === last)) return
    last = tab.history.document
    clearTimeout(timer)
    timer = window.setTimeout(() => void check(tab.id, tab.history.document), PAUSE)
  }
  look()
  recheck = () => look(true)
  return useEditor.subscribe(() => look())
}

/** Look again although nothing changed: a run ended, a file came. */
export let recheck: () => void = () => undefined

async function check(tab: string, document: WorkflowDocument): Promise<void> {
  asking?.abort()
  if (Object.keys(document.nodes).length === 0) { useRuns.getState().patch(tab, () => ({ problems: [], plan: {} })); return }
  const mine = (asking = new AbortController())
  try {
    const problems = await validate(document, mine.signal)
    useRuns.getState().patch(tab, () => ({ problems }))
    const plan = problems.length > 0 ? blocked(document, problems) : await planned(document, mine.signal)
    if (!mine.signal.aborted) useRuns.getState().patch(tab, () => ({ plan }))
  } catch {
    // Superseded, or the server is away: the connection mark says so, and what was known stays.
  }
}

async function planned(workflow: WorkflowDocument, signal: AbortSignal): Promise<Record<string, PlanMark>> {
  const { data } = await ask<Planned>('/v1/plan', { method: 'POST', body: { workflow }, signal })
  return planWithInstances(Object.fromEntries(data.entries.map((e) => [e.node, { status: e.status, reason: e.reason ?? '' }])))
}

/** Nodes that cannot run because something before them is wrong: on their sheet, around and inside of it. */
export function blocked(document: WorkflowDocument, problems: readonly Problem[]): Record<string, PlanMark> {
  const wrong = [...new Set(problems.flatMap((p) => (p.node === undefined ? [] : [p.node])))]
  const because = (flat: string) => t('mark.blocked.why', { node: nodeAt(document, flat)?.title ?? flat })
  return Object.fromEntries([...needing(document, wrong)].map(([id, cause]) => [id, { status: 'blocked', reason: because(cause) }]))
}
