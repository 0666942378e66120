/** Which inputs are in the form, and putting them there: the form is the workflow's public interface. */

import { activeTab, sheetName, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import type { WorkflowDocument } from '@/model/document'
import { publish, unpublish } from '@/model/operations'

/** The name under which an input of the document's own sheet is in the form; null where it is not. */
export function pinnedAs(document: WorkflowDocument, node: string, input: string): string | null {
  return Object.entries(document.inputs ?? {}).find(([, said]) => said.node === node && said.input === input)?.[0] ?? null
}

/** Whether inputs of the open sheet can be put into the form: those inside of a subgraph become its inputs first. */
export function canPin(): boolean {
  const tab = activeTab(useEditor.getState())
  return tab !== undefined && sheetName(tab) === null
}

/** Put an input into the form, or take it out; says which. */
export function togglePin(node: string, input: string): void {
  const tab = activeTab(useEditor.getState())
  if (!tab || !canPin()) return
  const name = pinnedAs(tab.history.document, node, input)
  const { edit } = useEditor.getState()
  if (name === null) edit(t('step.form.add', { name: input }), (d) => void publish(d, node, input, ''))
  else edit(t('step.form.remove', { name }), (d) => unpublish(d, name))
  useUi.getState().announce(t(name === null ? 'said.pinned' : 'said.unpinned', { name: name ?? input }))
}
