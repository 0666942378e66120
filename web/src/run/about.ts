/** What tells a run in the queue from the others: its prompt and its seeds. */

import type { WorkflowDocument } from '@/model/document'
import { t } from '@/app/i18n'
import { ask } from './api'
import { seedsBehind, textsOf } from './pictures'

const known = new Map<string, Promise<string>>()
const SHORT = 90

/** The prompt and the seeds of a run, in a line. */
export function aboutRun(run: string): Promise<string> {
  const one = known.get(run) ?? ask<WorkflowDocument>(`/v1/runs/${run}/workflow`).then(({ data }) => lineOf(data))
  known.set(run, one)
  one.catch(() => known.delete(run))
  return one
}

/** It says something else by now. */
export function forgetAbout(run: string): void {
  known.delete(run)
}

function lineOf(workflow: WorkflowDocument): string {
  const prompt = promptOf(workflow)
  const seeds = seedsBehind(workflow).map((s) => t('queue.seed', { seed: s.value }))
  return [prompt.length > SHORT ? `${prompt.slice(0, SHORT)}…` : prompt, ...seeds.slice(0, 2)].filter(Boolean).join(' · ')
}

/** The text that the interface calls the prompt, else the longest. */
function promptOf(workflow: WorkflowDocument): string {
  const at = workflow.inputs?.prompt
  const said = at && workflow.nodes[at.node]?.inputs?.[at.input]
  return typeof said === 'string' ? said : (textsOf(workflow)[0] ?? '')
}
