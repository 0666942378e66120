/** What is known of the run behind a picture, and what can be done with it. */

import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { apply, type Difference } from '@/model/differences'
import { sheetOf, type WorkflowDocument } from '@/model/document'
import { setInput } from '@/model/operations'
import { keepMode, seedsOf, type Seed } from '@/widgets/seeds'
import { ask } from './api'
import { openImported } from './documents'
import { useQueue } from './queue'
import type { RunView } from './running'
import { useRuns } from './state'

export interface Behind {
  run: RunView
  workflow: WorkflowDocument
}

const known = new Map<string, Promise<Behind>>()

/** The run of a picture, with the workflow as it ran. */
export function behind(run: string): Promise<Behind> {
  const one = known.get(run) ?? Promise.all([ask<RunView>(`/v1/runs/${run}`), ask<WorkflowDocument>(`/v1/runs/${run}/workflow`)])
    .then(([said, workflow]) => ({ run: said.data, workflow: workflow.data }))
  known.set(run, one)
  one.catch(() => known.delete(run))
  return one
}

export function seedsBehind(workflow: WorkflowDocument): Seed[] {
  return seedsOf(workflow, useEditor.getState().catalogue)
}

/** The texts of a workflow that somebody wrote, longest first: its prompts. */
export function textsOf(workflow: WorkflowDocument): string[] {
  const catalogue = useEditor.getState().catalogue
  const found = Object.values(workflow.nodes).flatMap((node) =>
    (catalogue.get(node.type)?.inputs ?? []).filter((i) => i.multiline).map((i) => node.inputs?.[i.name]))
  return [...new Set(found.filter((v): v is string => typeof v === 'string' && v.trim() !== ''))].sort((a, b) => b.length - a.length)
}

/** The files of models that a workflow names. */
export function modelsOf(workflow: WorkflowDocument): string[] {
  const values = Object.values(workflow.nodes).flatMap((n) => Object.values(n.inputs ?? {}))
  const names = values.flatMap((v) => (typeof v === 'object' && v !== null && !Array.isArray(v) && typeof v.file === 'string' ? [v.file] : []))
  return [...new Set(names.filter((n) => !/\.(png|jpe?g|webp|gif|bmp)$/i.test(n)))]
}

/** Write the seeds of a picture into the open workflow, fixed: the next run makes it again. What was done, in words. */
export function takeSeeds(workflow: WorkflowDocument): string {
  const tab = activeTab(useEditor.getState())
  if (!tab) return t('seed.misfit')
  const here = tab.history.document
  const fitting = seedsBehind(workflow).filter((s) => sheetOf(here, s.sheet).nodes[s.node]?.type === sheetOf(workflow, s.sheet).nodes[s.node]?.type)
  if (fitting.length > 0) useEditor.getState().edit(t('step.seed.use'), (document) => {
    for (const { sheet, node, input, value } of fitting) {
      keepMode(sheetOf(document, sheet), node, input, 'fixed')
      setInput(sheetOf(document, sheet), node, input, value)
    }
  })
  return fitting.length > 0 ? t('seed.used', { seeds: fitting.map((s) => s.value).join(', ') }) : t('seed.misfit')
}

/** Take one difference over into the open workflow. */
export function take(difference: Difference): void {
  const name = difference.input ? `${difference.node}.${difference.input}` : difference.node
  useEditor.getState().edit(t('step.take', { name }), (document) => apply(document, difference))
}

/** Forget a run and all that it made. */
export async function forgetRun(run: string): Promise<void> {
  await ask(`/v1/runs/${run}`, { method: 'DELETE' })
  known.delete(run)
  useQueue.setState(({ ended }) => ({ ended: ended + 1 })) // what lists runs looks again
  for (const tab of Object.keys(useRuns.getState().tabs)) {
    useRuns.getState().patch(tab, (now) => {
      const files = Object.values(now.files).flat().filter((f) => f.run !== run)
      return { files: grouped(files), newest: now.newest.filter((f) => f.run !== run) }
    })
  }
}

function grouped<T extends { node: string }>(files: readonly T[]): Record<string, T[]> {
  const found: Record<string, T[]> = {}
  for (const file of files) (found[file.node] ??= []).push(file)
  return found
}

/** Open the workflow of a picture, as it ran, in a new tab. */
export function openWorkflow({ run, workflow }: Behind): void {
  const name = workflow.name ?? run.name
  openImported({ ...workflow, name: t('picture.workflow.name', { name }) }, name, null)
}
