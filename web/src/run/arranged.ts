/** Places for the nodes of documents that come from elsewhere without any. */

import { typingOf, useEditor } from '@/app/editor'
import { boxesOf } from '@/canvas/actions'
import type { Sheet, WorkflowDocument } from '@/model/document'
import { tidied } from '@/model/tidy'

/** The document with its nodes laid out, on every sheet where none has a place; the same one where there is none such. */
export function arranged(document: WorkflowDocument): WorkflowDocument {
  const subgraphs = Object.entries(document.subgraphs ?? {})
  const heaps = [document, ...subgraphs.map(([, graph]) => graph)].filter(isHeap)
  if (heaps.length === 0) return document
  const typing = typingOf(document, useEditor.getState().catalogue)
  const laid = <S extends Sheet>(sheet: S): S => (isHeap(sheet) ? { ...sheet, layout: Object.fromEntries(tidied(sheet, boxesOf({ document, sheet, typing }))) } : sheet)
  return { ...laid(document), ...(subgraphs.length > 0 ? { subgraphs: Object.fromEntries(subgraphs.map(([name, graph]) => [name, laid(graph)])) } : {}) }
}

function isHeap(sheet: Sheet): boolean {
  return Object.keys(sheet.nodes).length > 1 && Object.keys(sheet.layout ?? {}).length === 0
}
