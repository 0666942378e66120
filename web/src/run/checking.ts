/** What the server says of the workflow while it is edited: problems, and what a run would do. */

import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { WorkflowDocument } from '@/model/document'
import { neighbours } from '@/model/links'
import { ask, validate } from './api'
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
  const mine = (asking = new AbortController())
  try {
    const problems = await validate(document, mine.signal)
    useRuns.getState().patch(tab, () => ({ problems }))
    const nothing = Object.keys(document.nodes).length === 0
    const plan = problems.length > 0 ? blocked(document, problems) : nothing ? {} : await planned(document, mine.signal)
    if (!mine.signal.aborted) useRuns.getState().patch(tab, () => ({ plan }))
  } catch {
    // Superseded, or the server is away: the connection mark says so, and what was known stays.
  }
}

async function planned(workflow: WorkflowDocument, signal: AbortSignal): Promise<Record<string, PlanMark>> {
  const { data } = await ask<Planned>('/v1/plan', { method: 'POST', body: { workflow }, signal })
  return Object.fromEntries(data.entries.map((e) => [e.node, { status: e.status, reason: e.reason ?? '' }]))
}

/** Nodes that cannot run because something before them is wrong. Inside of subgraphs the instance counts. */
export function blocked(document: WorkflowDocument, problems: readonly Problem[]): Record<string, PlanMark> {
  const found = new Map<string, PlanMark>()
  const next = neighbours(document, 'down')
  for (const { node } of problems) {
    const top = node?.split('/')[0]
    if (top === undefined || !(top in document.nodes)) continue
    const mark: PlanMark = { status: 'blocked', reason: t('mark.blocked.why', { node: document.nodes[top]?.title ?? top }) }
    const waiting = [...(next.get(top) ?? [])]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (found.has(id)) continue // and with it all that is behind it
      found.set(id, mark)
      waiting.push(...(next.get(id) ?? []))
    }
  }
  return Object.fromEntries(found)
}
