/** Mending a problem where it is: also inside of subgraphs, whichever sheet is open. */

import { typingOf, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { firstGiving, outputSocket } from '@/canvas/connecting'
import type { Catalogue, InputType } from '@/model/catalogue'
import { isObject, sheetOf, SUBGRAPH, type Json, type Sheet, type SheetName, type WorkflowDocument } from '@/model/document'
import { linkedTo, linksOf } from '@/model/links'
import { connect, idOfType, setInput, type End } from '@/model/operations'
import { same } from '@/model/sockets'
import { provided, saved } from './making'
import type { Problem } from './state'

/** What mends a problem: said in words, and done to a document. */
export interface Fix {
  label: string
  apply: (draft: WorkflowDocument) => void
}

/** What mends a problem of a document; null where nothing is known to. */
export function fixFor(problem: Problem, document: WorkflowDocument, catalogue: Catalogue): Fix | null {
  const place = problem.node === undefined ? null : placeOf(document, problem.node)
  const { input, suggestion, code } = problem
  if (code === 'nothing-to-run') return saved(document, catalogue)
  if (!place) return null
  const { sheet: name, node } = place
  if (code === 'unknown-type') return suggestion === undefined ? null : typed(name, node, suggestion)
  if (input === undefined) return null
  if (code === 'missing') return linked(document, catalogue, name, node, input)
  if (code === 'unknown-input') return suggestion === undefined ? null : renamed(name, node, input, suggestion)
  const held = sheetOf(document, name).nodes[node]?.inputs?.[input]
  const value = suggestion === undefined ? within(held, document, catalogue, name, node, input) : fixOf(problem, suggestion, held)
  if (value === null) return null
  const shown = suggestion ?? (typeof value === 'number' ? value : '')
  return { label: t('problem.use', { value: shown }), apply: (draft) => setInput(sheetOf(draft, name), node, input, value) }
}

/** Mend what can be mended, as one step: what one mends may be what the next needs. */
export function mend(problems: readonly Problem[]): void {
  const { catalogue, edit } = useEditor.getState()
  const [one] = problems
  const label = problems.length === 1 ? t('step.fix', { input: one?.input ?? one?.node ?? '' }) : t('step.fix.all')
  edit(label, (draft) => {
    for (const problem of problems) fixFor(problem, draft, catalogue)?.apply(draft)
  })
}

/** A node of another type: the one that was probably meant. */
function typed(name: SheetName, node: string, type: string): Fix {
  const apply = (draft: WorkflowDocument) => {
    const held = sheetOf(draft, name).nodes[node]
    if (held) held.type = type
  }
  return { label: t('problem.use', { value: type }), apply }
}

/** The value of an input under the name that was probably meant. */
function renamed(name: SheetName, node: string, input: string, meant: string): Fix {
  const apply = (draft: WorkflowDocument) => {
    const sheet = sheetOf(draft, name)
    const value = sheet.nodes[node]?.inputs?.[input]
    if (sheet.nodes[node]?.inputs?.[meant] === undefined) setInput(sheet, node, meant, value)
    setInput(sheet, node, input, undefined)
  }
  return { label: t('problem.use', { value: meant }), apply }
}

/** A link to an output that fits; where there is none, from a node that is added. */
function linked(document: WorkflowDocument, catalogue: Catalogue, name: SheetName, node: string, input: string): Fix | null {
  const from = likely(document, catalogue, name, node, input)
  const spec = inputOf(document, catalogue, name, node, input)
  if (!from) return spec ? provided(catalogue, name, node, input, spec.socket, sheetOf(document, name).nodes[node]?.type ?? '') : null
  const variadic = spec?.variadic ?? false
  return { label: t('problem.link', { from: `${from.node} · ${from.output}` }), apply: (draft) => connect(sheetOf(draft, name), from, { node, input, index: null }, variadic) }
}

/**
 * The output that an input probably wants: of those that fit the one whose node is called like the input, then those
 * of exactly its type, then those that go nowhere yet, then the one that is called like it. What the node takes already
 * is not meant a second time.
 */
function likely(document: WorkflowDocument, catalogue: Catalogue, name: SheetName, node: string, input: string): End | null {
  const sheet = sheetOf(document, name)
  const typing = typingOf(document, catalogue)
  const wanted = inputOf(document, catalogue, name, node, input)?.socket ?? 'Any'
  const links = linksOf(sheet)
  const used = new Set(links.map((l) => `${l.source}.${l.output}`))
  const taken = new Set(links.filter((l) => l.target === node).map((l) => `${l.source}.${l.output}`))
  const found = Object.entries(sheet.nodes).filter(([id]) => id !== node).flatMap(([id, said]): { end: End; rank: number }[] => {
    const end = firstGiving(sheet, typing, id, { node, input })
    if (!end || taken.has(`${id}.${end.output}`) || typing.typeOf(sheet, id, said).unknown) return []
    const exact = same(outputSocket(sheet, typing, end) ?? 'Any', wanted)
    return [{ end, rank: (called(sheet, id, input) ? 0 : 8) + (exact ? 0 : 4) + (used.has(`${id}.${end.output}`) ? 2 : 0) + (end.output === input ? 0 : 1) }]
  })
  return found.sort((a, b) => a.rank - b.rank)[0]?.end ?? null
}

function called(sheet: Sheet, id: string, input: string): boolean {
  const { type = '', title = '' } = sheet.nodes[id] ?? {}
  return `${idOfType(id, type) ? '' : id} ${title}`.toLowerCase().includes(input.toLowerCase())
}

/** The nearest number that an input takes; null where that is not what is wrong. */
function within(held: Json | undefined, document: WorkflowDocument, catalogue: Catalogue, name: SheetName, node: string, input: string): number | null {
  const spec = inputOf(document, catalogue, name, node, input)
  if (typeof held !== 'number' || !spec) return null
  const nearest = Math.min(spec.le ?? Infinity, Math.max(spec.ge ?? -Infinity, held))
  return nearest === held ? null : nearest
}

function inputOf(document: WorkflowDocument, catalogue: Catalogue, name: SheetName, node: string, input: string): InputType | undefined {
  const sheet = sheetOf(document, name)
  const said = sheet.nodes[node]
  return said && typingOf(document, catalogue).typeOf(sheet, node, said).inputs.find((i) => i.name === input)
}

/** The value that a suggestion means: a file stays a file, a link a link, a number a number. */
export function fixOf(problem: Problem, suggestion: string, held: unknown = problem.value): Json {
  if (linkedTo(held as Json) !== null) return { from: suggestion }
  if (isObject(held) && 'file' in held) return { file: suggestion }
  if (typeof held === 'number' && suggestion.trim() !== '' && Number.isFinite(Number(suggestion))) return Number(suggestion)
  return suggestion
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
