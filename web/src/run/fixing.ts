/** Mending a problem where it is: also inside of subgraphs, whichever sheet is open. */

import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { sheetOf, SUBGRAPH, type SheetName, type WorkflowDocument } from '@/model/document'
import { setInput } from '@/model/operations'
import { fixOf } from '@/widgets/Field'
import type { Problem } from './state'

/** Do what a problem suggests, as a step. */
export function fixProblem(problem: Problem, suggestion: string): void {
  const tab = activeTab(useEditor.getState())
  const place = tab && problem.node !== undefined ? placeOf(tab.history.document, problem.node) : null
  const input = problem.input
  if (!place || input === undefined) return
  useEditor.getState().edit(t('step.fix', { input }), (document) => {
    const sheet = sheetOf(document, place.sheet)
    setInput(sheet, place.node, input, fixOf(problem, suggestion, sheet.nodes[place.node]?.inputs?.[input]))
  })
}

/** The sheet and the node on it that a flat id ("instance/inner") means; null where there is none. */
export function placeOf(document: WorkflowDocument, flat: string): { sheet: SheetName; node: string } | null {
  let sheet: SheetName = null
  const path = flat.split('/')
  const node = path.pop() ?? ''
  for (const instance of path) {
    const type: string = sheetOf(document, sheet).nodes[instance]?.type ?? ''
    if (!type.startsWith(SUBGRAPH)) return null
    sheet = type.slice(SUBGRAPH.length)
  }
  return node in sheetOf(document, sheet).nodes ? { sheet, node } : null
}
