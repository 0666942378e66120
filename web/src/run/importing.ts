/** Files that are dragged in: workflows open in a new tab, never over another; pictures become nodes. */

import { activeTab, currentSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { add } from '@/canvas/actions'
import { edit } from '@/widgets/edit'
import { ApiError, ask } from './api'
import { arranged } from './arranged'
import { openImported, type ImportReport } from './documents'
import { upload } from './uploads'
import type { WorkflowDocument } from '@/model/document'

interface Imported {
  workflow: WorkflowDocument
  report: ImportReport | null
}

const LONG = 400 // milliseconds without a word

/** Take in files: each as a workflow if it is one or carries one, else as a picture at a point of the canvas. */
export async function bringIn(files: Iterable<File>, at: { x: number; y: number }): Promise<void> {
  for (const file of files) {
    const reading = t('import.reading', { name: file.name })
    const word = setTimeout(() => useUi.getState().tell('note', reading), LONG)
    try {
      if (!(await asWorkflow(file))) await asPicture(file, at)
    } catch (error) {
      useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
    } finally {
      clearTimeout(word)
      const { messages, dismiss } = useUi.getState()
      for (const said of messages) if (said.text === reading) dismiss(said.id)
    }
  }
}

/** A picture that is dropped on a node that reads one becomes its picture. Whether it does. */
export function bringOnto(node: string, files: readonly File[]): boolean {
  const [file, ...others] = files
  const tab = activeTab(useEditor.getState())
  const type = tab && useEditor.getState().catalogue.get(currentSheet(tab).nodes[node]?.type ?? '')
  const input = type?.inputs.find((i) => i.folder === 'input')
  if (!input || !file?.type.startsWith('image/') || others.length > 0) return false
  upload(file).then((name) => edit(node, input.name, { file: name }), (error: unknown) => useUi.getState().tell('bad', error instanceof Error ? error.message : String(error)))
  return true
}

async function asWorkflow(file: File): Promise<boolean> {
  const picture = file.type.startsWith('image/')
  try {
    const { data } = await ask<Imported>(`/v1/import?name=${encodeURIComponent(file.name)}`, {
      method: 'POST', file, headers: { 'Content-Type': file.type === 'image/png' ? 'image/png' : 'application/octet-stream' },
    })
    openImported(arranged(data.workflow), file.name, data.report)
    return true
  } catch (error) {
    if (picture && error instanceof ApiError && error.status >= 400 && error.status < 500) return false // a picture without a workflow
    throw error
  }
}

async function asPicture(file: File, at: { x: number; y: number }): Promise<void> {
  const name = await upload(file)
  const type = useEditor.getState().catalogue.get('LoadImage')
  const id = type ? add(type, at, null) : null
  if (id !== null) edit(id, 'file', { file: name })
  useUi.getState().tell('good', t('file.brought', { name: file.name }))
}
