/** What two workflows have different, field by field. */

import type { Catalogue } from './catalogue'
import { canonical, isObject, sheetOf, type Json, type NodeJson, type SheetName, type WorkflowDocument } from './document'
import { linkedTo, linksOf } from './links'
import { setInput } from './operations'

export interface Difference {
  sheet: SheetName
  node: string
  /** Empty where the whole node is only on one side. */
  input: string
  kind: 'value' | 'link' | 'added' | 'removed' | 'switch'
  mine: Json | undefined
  theirs: Json | undefined
}

/** What would change in `mine` to become `theirs`. A value that is not said is the default of its type. */
export function differences(mine: WorkflowDocument, theirs: WorkflowDocument, catalogue: Catalogue): Difference[] {
  const names: SheetName[] = [null, ...Object.keys({ ...mine.subgraphs, ...theirs.subgraphs })]
  return names.flatMap((sheet) => ofSheet(sheet, nodesOf(mine, sheet), nodesOf(theirs, sheet), catalogue))
}

function nodesOf(document: WorkflowDocument, sheet: SheetName): Record<string, NodeJson> {
  return sheet !== null && !document.subgraphs?.[sheet] ? {} : sheetOf(document, sheet).nodes
}

function ofSheet(sheet: SheetName, mine: Record<string, NodeJson>, theirs: Record<string, NodeJson>, catalogue: Catalogue): Difference[] {
  return Object.keys({ ...mine, ...theirs }).flatMap((node): Difference[] => {
    const [a, b] = [mine[node], theirs[node]]
    const whole: Difference = { sheet, node, input: '', kind: b ? 'added' : 'removed', mine: a?.type, theirs: b?.type }
    if (!a || !b) return [whole]
    if (a.type !== b.type) return [whole]
    const off = (a.enabled === false) !== (b.enabled === false)
    const switched: Difference[] = off ? [{ sheet, node, input: '', kind: 'switch', mine: a.enabled !== false, theirs: b.enabled !== false }] : []
    return [...switched, ...ofNode(sheet, node, a, b, catalogue)]
  })
}

function ofNode(sheet: SheetName, node: string, a: NodeJson, b: NodeJson, catalogue: Catalogue): Difference[] {
  const defaults = new Map(catalogue.get(a.type)?.inputs.map((i) => [i.name, i.default]) ?? [])
  return Object.keys({ ...a.inputs, ...b.inputs }).flatMap((input) => {
    const mine = a.inputs?.[input] ?? defaults.get(input)
    const theirs = b.inputs?.[input] ?? defaults.get(input)
    if (canonical(plain(mine)) === canonical(plain(theirs))) return []
    const kind = holdsLink(mine) || holdsLink(theirs) ? 'link' : 'value'
    return [{ sheet, node, input, kind, mine, theirs }]
  })
}

/** A file is what its name says: the hash beside it is only how it was found. */
function plain(value: Json | undefined): Json | undefined {
  return isObject(value) && 'file' in value ? { file: value.file ?? null } : value
}

function holdsLink(value: Json | undefined): boolean {
  return linkedTo(value) !== null || (Array.isArray(value) && value.some((v) => linkedTo(v) !== null))
}

/** Whether a difference can be taken over alone: nodes that are on one side only cannot. */
export function canApply(document: WorkflowDocument, { sheet, kind, node, input, theirs }: Difference): boolean {
  if (kind === 'added' || kind === 'removed') return false
  const { nodes } = sheetOf(document, sheet)
  const probe = { nodes: { probe: { type: '', inputs: theirs === undefined ? {} : { [input]: theirs } } } }
  return node in nodes && linksOf(probe).every((l) => l.source in nodes)
}

/** Take over the other side. */
export function apply(document: WorkflowDocument, { sheet, node, input, kind, theirs }: Difference): void {
  const target = sheetOf(document, sheet)
  const held = target.nodes[node]
  if (!held) return
  if (kind === 'switch') {
    if (theirs === false) held.enabled = false
    else Reflect.deleteProperty(held, 'enabled')
  } else setInput(target, node, input, theirs)
}

/** A value as a line of text. */
export function shortly(value: Json | undefined): string {
  if (value === undefined) return '—'
  if (typeof value === 'string') return value === '' ? '“”' : value
  const end = linkedTo(value)
  if (end) return `← ${end.node}.${end.output}`
  if (isObject(value) && typeof value.file === 'string') return value.file
  return JSON.stringify(value)
}
