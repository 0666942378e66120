/** Setting an input, as every widget does it. */

import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { Json } from '@/model/document'
import { setInput } from '@/model/operations'

/** Set an input of a node of the open sheet, as a step. */
export function edit(node: string, input: string, value: Json | undefined, merge?: string): void {
  const label = t('step.set', { input: `${node}.${input}` })
  useEditor.getState().edit(label, onSheet((sheet) => setInput(sheet, node, input, value)), merge && `${node}.${input}.${merge}`)
}
