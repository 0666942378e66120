/** What an instance of a subgraph shows of what is inside of it: how its nodes run, and what would run. */

import { around } from '@/model/inside'
import type { NodeRun, NodeStatus, PlanMark } from './state'

const WORST: readonly NodeStatus[] = ['failed', 'running', 'cancelled', 'skipped', 'waiting', 'ran', 'hit']
const FIRST: readonly PlanMark['status'][] = ['blocked', 'run', 'later', 'hit', 'idle']

/** The states of nodes with those of the instances around them. What was said of an instance itself stays. */
export function withInstances(nodes: Readonly<Record<string, NodeRun>>): Record<string, NodeRun> {
  const found: Record<string, NodeRun> = { ...nodes }
  for (const [instance, inner] of grouped(nodes, (n) => n.inner !== true)) {
    if (nodes[instance] !== undefined && nodes[instance].inner !== true) continue
    const worst = WORST.map((status) => inner.find((n) => n.status === status)).find((n) => n !== undefined)
    if (!worst) continue
    const took = inner.reduce((sum, n) => sum + (n.seconds ?? 0), 0)
    const { status, error, failure } = worst
    found[instance] = { status, inner: true, ...(error === undefined ? {} : { error }), ...(failure ? { failure } : {}), ...(status === 'ran' ? { seconds: took } : {}) }
  }
  return found
}

/** The marks of a plan with those of the instances around its nodes. */
export function planWithInstances(plan: Readonly<Record<string, PlanMark>>): Record<string, PlanMark> {
  const found: Record<string, PlanMark> = { ...plan }
  for (const [instance, inner] of grouped(plan, () => true)) {
    const first = FIRST.map((status) => inner.find((m) => m.status === status)).find((m) => m !== undefined)
    if (first && !(instance in plan)) found[instance] = first
  }
  return found
}

function grouped<T>(all: Readonly<Record<string, T>>, counts: (one: T) => boolean): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const [flat, one] of Object.entries(all)) {
    if (!flat.includes('/') || !counts(one)) continue
    for (const instance of around(flat)) {
      const list = found.get(instance)
      if (list) list.push(one)
      else found.set(instance, [one])
    }
  }
  return found
}
