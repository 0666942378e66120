/** Undo and redo: a document is changed by named steps, each of which can be taken back exactly. */

import { applyPatches, enablePatches, produceWithPatches, setAutoFreeze, type Patch } from 'immer'
import type { WorkflowDocument } from './document'

enablePatches()
setAutoFreeze(true)

export interface Step {
  /** What was done, as the history list and the undo button say it. */
  label: string
  patches: Patch[]
  inverse: Patch[]
  /** Steps with one key that follow each other are one step: typing, dragging a slider. */
  merge?: string
  at: number
}

export interface History {
  document: WorkflowDocument
  past: readonly Step[]
  future: readonly Step[]
}

/** Steps of one key merge when they follow each other within so many milliseconds. */
export const MERGE_WITHIN = 1_500
/** How many steps can be taken back. */
export const LONGEST = 500

export type Change = (draft: WorkflowDocument) => void

export function begun(document: WorkflowDocument): History {
  return { document, past: [], future: [] }
}

/** The document after a change, and the step in the past; the same history where nothing changed. */
export function did(history: History, label: string, change: Change, at: number, merge?: string): History {
  const [document, patches, inverse] = produceWithPatches(history.document, (draft) => {
    change(draft)
  })
  if (patches.length === 0) return history
  const last = history.past.at(-1)
  const step: Step = { label, patches, inverse, at, ...(merge === undefined ? {} : { merge }) }
  if (last && merge !== undefined && last.merge === merge && at - last.at <= MERGE_WITHIN && history.future.length === 0) {
    return { document, past: [...history.past.slice(0, -1), joined(last, step)], future: [] }
  }
  return { document, past: [...history.past, step].slice(-LONGEST), future: [] }
}

/** Two steps as one. What was set again and again is kept once: a step does not grow with every letter. */
function joined(last: Step, step: Step): Step {
  const kept = last.patches.length - step.patches.length
  const tail = last.patches.slice(kept)
  const again = kept >= 0
    && step.patches.every((p, i) => p.op === 'replace' && samePath(p, tail[i]))
    && (tail.length === 1 || tail.every((p) => p.op === 'replace'))
  if (!again) return { ...step, patches: [...last.patches, ...step.patches], inverse: [...step.inverse, ...last.inverse] }
  const set = tail.map((p, i) => ({ ...p, value: step.patches[i]?.value as unknown }))
  return { ...step, patches: [...last.patches.slice(0, kept), ...set], inverse: last.inverse }
}

function samePath(a: Patch, b: Patch | undefined): boolean {
  return a.path.length === b?.path.length && a.path.every((part, i) => part === b.path[i])
}

export function undone(history: History): History {
  const step = history.past.at(-1)
  if (!step) return history
  const document = applyPatches(history.document, step.inverse)
  return { document, past: history.past.slice(0, -1), future: [step, ...history.future] }
}

export function redone(history: History): History {
  const [step, ...future] = history.future
  if (!step) return history
  const { merge: _, ...closed } = step // what comes after is a step of its own
  return { document: applyPatches(history.document, step.patches), past: [...history.past, closed], future }
}

/** To the state after so many steps. */
export function travelled(history: History, steps: number): History {
  let now = history
  while (now.past.length > steps) now = undone(now)
  while (now.past.length < steps && now.future.length > 0) now = redone(now)
  return now
}
