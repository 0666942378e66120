/** Unsaved work that the server keeps: read, and told apart by whose it is. */

import { isObject, type WorkflowDocument } from '@/model/document'
import { begun, type History, type Step } from '@/model/history'
import { applied, type Delta } from '@/model/journal'
import { ask } from './api'
import { clientId } from './client'
import { pathOf } from './names'

interface Posted {
  client: string
  base: number
  seq: number
  at: string
  draft: Record<string, unknown> | null
  operations: Delta[]
}

export interface Draft {
  client: string
  /** The revision that it was made from; 0 for a document that was never saved. */
  base: number
  seq: number
  at: string
  history: History
  /** This page made it. */
  mine: boolean
}

/** Unsaved work on a document, newest first. What cannot be read as a workflow is left where it is. */
export async function draftsOf(name: string): Promise<Draft[]> {
  const { data } = await ask<{ drafts: Posted[] }>(pathOf(name, '/journal'))
  return data.drafts.flatMap((said) => {
    const history = historyOf(said)
    return history ? [{ client: said.client, base: said.base, seq: said.seq, at: said.at, history, mine: said.client === clientId() }] : []
  })
}

export async function discardDraft(name: string, client: string): Promise<void> {
  await ask(pathOf(name, `/journal?client=${encodeURIComponent(client)}`), { method: 'DELETE' })
}

/** A page posts a document with its history; the server, when it refuses one, and other programs post the document. */
function historyOf({ draft, operations }: Posted): History | null {
  if (!draft) return null
  if ('calotype' in draft) return begun(draft as unknown as WorkflowDocument)
  if (!isObject(draft.document)) return null
  const { past = [], future = [] } = (draft.history ?? {}) as { past?: Step[]; future?: Step[] }
  const whole: History = { document: draft.document as unknown as WorkflowDocument, past, future }
  return operations.reduce<History>(applied, whole)
}
