/** The ports of subgraphs: made, renamed, ordered and taken away, with everything that names them. */

import { SUBGRAPH, type Json, type NodeJson, type Sheet, type Subgraph, type WorkflowDocument } from './document'
import { link, linkedTo } from './links'

export type Way = 'inputs' | 'outputs'

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/

/** Whether a text can be the name of a port or of a subgraph. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

function free(wished: string, taken: object): string {
  if (!(wished in taken)) return wished
  for (let n = 2; ; n += 1) if (!(`${wished}_${n}` in taken)) return `${wished}_${n}`
}

/** The port that leads to an input, if one does. */
export function portTo(graph: Subgraph, node: string, input: string): string | null {
  const found = Object.entries(graph.inputs ?? {}).find(([, p]) => p.to.includes(`${node}.${input}`))
  return found?.[0] ?? null
}

/** Make an input of a node inside a port; its name. An input that has one keeps it. */
export function promoteInput(document: WorkflowDocument, sheet: string, node: string, input: string): string | null {
  const graph = document.subgraphs?.[sheet]
  if (!graph) return null
  const known = portTo(graph, node, input)
  if (known !== null) return known
  const name = free(input, graph.inputs ?? {})
  graph.inputs = { ...graph.inputs, [name]: { to: [`${node}.${input}`] } }
  return name
}

/** Make an output of a node inside a port; its name. */
export function promoteOutput(document: WorkflowDocument, sheet: string, node: string, output: string): string | null {
  const graph = document.subgraphs?.[sheet]
  if (!graph) return null
  const known = Object.entries(graph.outputs ?? {}).find(([, p]) => p.from === `${node}.${output}`)
  if (known) return known[0]
  const name = free(output, graph.outputs ?? {})
  graph.outputs = { ...graph.outputs, [name]: { from: `${node}.${output}` } }
  return name
}

/** Every sheet of a document with its name. */
function sheets(document: WorkflowDocument): [string | null, Sheet][] {
  return [[null, document], ...Object.entries(document.subgraphs ?? {})]
}

function instances(document: WorkflowDocument, sheet: string): { home: string | null; on: Sheet; id: string; node: NodeJson }[] {
  return sheets(document).flatMap(([home, on]) =>
    Object.entries(on.nodes).flatMap(([id, node]) => (node.type === SUBGRAPH + sheet ? [{ home, on, id, node }] : [])),
  )
}

function rekeyed<T>(record: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k === from ? to : k, v]))
}

/** Give a port another name, at every instance and wherever it is linked, public or a port again. */
export function renamePort(document: WorkflowDocument, sheet: string, way: Way, from: string, to: string): boolean {
  const graph = document.subgraphs?.[sheet]
  if (!graph?.[way] || !(from in graph[way]) || to in graph[way] || !isName(to)) return false
  if (way === 'inputs') graph.inputs = rekeyed(graph.inputs ?? {}, from, to)
  else graph.outputs = rekeyed(graph.outputs ?? {}, from, to)
  for (const { home, on, id, node } of instances(document, sheet)) {
    if (way === 'inputs') renameInputAt(document, home, on, id, node, from, to)
    else relinkOutput(document, home, on, id, from, to)
  }
  return true
}

function renameInputAt(document: WorkflowDocument, home: string | null, on: Sheet, id: string, node: NodeJson, from: string, to: string): void {
  if (node.inputs && from in node.inputs) node.inputs = rekeyed(node.inputs, from, to)
  if (Array.isArray(node.map)) node.map = (node.map as string[]).map((n) => (n === from ? to : n))
  const place = on.layout?.[id]
  if (place?.named) place.named = place.named.map((n) => (n === from ? to : n))
  if (place?.bends && from in place.bends) place.bends = rekeyed(place.bends, from, to)
  for (const said of home === null ? Object.values(document.inputs ?? {}) : []) if (said.node === id && said.input === from) said.input = to
  for (const port of home === null ? [] : Object.values(document.subgraphs?.[home]?.inputs ?? {})) {
    port.to = port.to.map((p) => (p === `${id}.${from}` ? `${id}.${to}` : p))
  }
}

function relinkOutput(document: WorkflowDocument, home: string | null, on: Sheet, id: string, from: string, to: string): void {
  const moved = (value: Json): Json => {
    const end = linkedTo(value)
    return end?.node === id && end.output === from ? link(id, to) : value
  }
  for (const node of Object.values(on.nodes)) {
    for (const [input, value] of Object.entries(node.inputs ?? {})) {
      const now = Array.isArray(value) ? value.map(moved) : moved(value)
      if (node.inputs && JSON.stringify(now) !== JSON.stringify(value)) node.inputs[input] = now
    }
  }
  const outputs = home === null ? document.outputs : document.subgraphs?.[home]?.outputs
  for (const said of Object.values(outputs ?? {})) if (said.from === `${id}.${from}`) said.from = `${id}.${to}`
}

/** Take a port away; values and links of instances to it go with it. */
export function removePort(document: WorkflowDocument, sheet: string, way: Way, name: string): void {
  const graph = document.subgraphs?.[sheet]
  if (!graph) return
  for (const { home, on, id, node } of instances(document, sheet)) {
    if (way === 'inputs') {
      if (node.inputs) Reflect.deleteProperty(node.inputs, name)
      forgetPort(document, home, id, name)
    } else cutOutput(document, home, on, `${id}.${name}`)
  }
  if (graph[way]) Reflect.deleteProperty(graph[way], name)
}

function forgetPort(document: WorkflowDocument, home: string | null, id: string, name: string): void {
  if (home === null) {
    for (const [key, said] of Object.entries(document.inputs ?? {})) {
      if (said.node === id && said.input === name && document.inputs) Reflect.deleteProperty(document.inputs, key)
    }
  } else for (const port of Object.values(document.subgraphs?.[home]?.inputs ?? {})) port.to = port.to.filter((p) => p !== `${id}.${name}`)
}

function cutOutput(document: WorkflowDocument, home: string | null, on: Sheet, end: string): void {
  const isIt = (value: Json) => {
    const at = linkedTo(value)
    return at !== null && `${at.node}.${at.output}` === end
  }
  for (const node of Object.values(on.nodes)) {
    for (const [input, value] of Object.entries(node.inputs ?? {})) {
      if (!node.inputs) continue
      if (isIt(value)) Reflect.deleteProperty(node.inputs, input)
      else if (Array.isArray(value) && value.some(isIt)) node.inputs[input] = value.filter((v) => !isIt(v))
    }
  }
  const outputs = home === null ? document.outputs : document.subgraphs?.[home]?.outputs
  for (const [key, said] of Object.entries(outputs ?? {})) if (said.from === end && outputs) Reflect.deleteProperty(outputs, key)
}

/** Move a port one place up (-1) or down (1). */
export function orderPort(document: WorkflowDocument, sheet: string, way: Way, name: string, by: -1 | 1): void {
  const graph = document.subgraphs?.[sheet]
  const entries = Object.entries<unknown>(graph?.[way] ?? {})
  const at = entries.findIndex(([n]) => n === name)
  const other = entries[at + by]
  const one = entries[at]
  if (!graph || !one || !other) return
  entries[at + by] = one
  entries[at] = other
  Object.assign(graph, { [way]: Object.fromEntries(entries) })
}

/** What a port gives where an instance says nothing; undefined takes that away. */
export function setPortDefault(document: WorkflowDocument, sheet: string, name: string, value: Json | undefined): void {
  const port = document.subgraphs?.[sheet]?.inputs?.[name]
  if (!port) return
  if (value === undefined) Reflect.deleteProperty(port, 'default')
  else port.default = value
}

/** Give a subgraph another name, at every instance. */
export function renameSubgraph(document: WorkflowDocument, from: string, to: string): boolean {
  const graphs = document.subgraphs
  if (!graphs || !(from in graphs) || to in graphs || !isName(to)) return false
  for (const { node } of instances(document, from)) node.type = SUBGRAPH + to
  document.subgraphs = rekeyed(graphs, from, to)
  return true
}
