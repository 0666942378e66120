/** What can be done to a document. Each function changes a draft; `history.did` makes a step of it. */

import {
  isObject, sheetOf, SUBGRAPH,
  type Frame, type Json, type NodeJson, type Place, type Sheet, type SheetName, type WorkflowDocument,
} from './document'
import { link, linkedTo, linksOf, parseEnd, type Link } from './links'

export interface End {
  node: string
  output: string
}

export interface Input {
  node: string
  input: string
  index: number | null
}

/** The words of a type, as an id. */
function wordsOf(type: string): string {
  const word = type.slice(Math.max(type.lastIndexOf('.'), type.lastIndexOf('/')) + 1)
  const snake = word
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .toLowerCase()
  return /^[a-z0-9_]/.test(snake) ? snake : `node_${snake}`
}

/** Whether an id says no more than the type of its node. */
export function idOfType(id: string, type: string): boolean {
  const [own, words] = [id.replace(/_?\d+$/, ''), wordsOf(type)]
  return own === '' || words.replaceAll('_', '').includes(own.replaceAll('_', ''))
}

/** An id for a new node: the words of its type, with a number where that is taken. */
export function freshId(sheet: Sheet, type: string, taken: ReadonlySet<string> = new Set()): string {
  const base = wordsOf(type)
  const free = (id: string) => !(id in sheet.nodes) && !taken.has(id)
  if (free(base)) return base
  for (let n = 2; ; n += 1) if (free(`${base}_${n}`)) return `${base}_${n}`
}

export function addNode(sheet: Sheet, id: string, node: NodeJson, place: Place): void {
  sheet.nodes[id] = node
  setPlace(sheet, id, place)
}

export function setPlace(sheet: Sheet, id: string, place: Place): void {
  sheet.layout = { ...sheet.layout, [id]: place }
}

export function patchPlace(sheet: Sheet, id: string, change: Partial<Place>): void {
  sheet.layout ??= {}
  const place = (sheet.layout[id] ??= { x: 0, y: 0 })
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) Reflect.deleteProperty(place, key)
    else place[key] = value
  }
}

export function moveNodes(sheet: Sheet, places: Iterable<[string, { x: number; y: number }]>): void {
  for (const [id, { x, y }] of places) patchPlace(sheet, id, { x: Math.round(x), y: Math.round(y) })
}

/** Remove nodes with all that names them: links, the public interface, ports, their places. */
export function removeNodes(document: WorkflowDocument, name: SheetName, ids: Iterable<string>): void {
  const sheet = sheetOf(document, name)
  const gone = new Set(ids)
  for (const { source, target, input, index } of [...linksOf(sheet)].reverse()) {
    if (gone.has(source) && !gone.has(target)) disconnect(sheet, { node: target, input, index })
  }
  for (const id of gone) {
    Reflect.deleteProperty(sheet.nodes, id)
    if (sheet.layout) Reflect.deleteProperty(sheet.layout, id)
  }
  if (name === null) removeFromInterface(document, gone)
  else removeFromPorts(document, name, gone)
}

function removeFromInterface(document: WorkflowDocument, gone: ReadonlySet<string>): void {
  for (const [key, said] of Object.entries(document.inputs ?? {})) {
    if (gone.has(said.node) && document.inputs) Reflect.deleteProperty(document.inputs, key)
  }
  for (const [key, said] of Object.entries(document.outputs ?? {})) {
    if (gone.has(parseEnd(said.from)?.node ?? '') && document.outputs) Reflect.deleteProperty(document.outputs, key)
  }
}

function removeFromPorts(document: WorkflowDocument, name: string, gone: ReadonlySet<string>): void {
  const graph = document.subgraphs?.[name]
  for (const port of Object.values(graph?.inputs ?? {})) {
    port.to = port.to.filter((place) => !gone.has(place.split('.')[0] ?? ''))
  }
  for (const [key, said] of Object.entries(graph?.outputs ?? {})) {
    if (gone.has(parseEnd(said.from)?.node ?? '') && graph?.outputs) Reflect.deleteProperty(graph.outputs, key)
  }
}

export function setInput(sheet: Sheet, id: string, input: string, value: Json | undefined): void {
  const node = sheet.nodes[id]
  if (!node) return
  if (value !== undefined) (node.inputs ??= {})[input] = value
  else if (node.inputs) Reflect.deleteProperty(node.inputs, input)
}

/** Link an output to an input. At an input that takes several, `index` replaces that item; null adds one. */
export function connect(sheet: Sheet, from: End, to: Input, variadic: boolean): void {
  const value = link(from.node, from.output)
  if (!variadic) {
    setInput(sheet, to.node, to.input, value)
    return
  }
  const before = sheet.nodes[to.node]?.inputs?.[to.input]
  const items = Array.isArray(before) ? [...before] : before === undefined ? [] : [before]
  if (to.index !== null && to.index < items.length) items[to.index] = value
  else items.push(value)
  setInput(sheet, to.node, to.input, items)
}

/** Take a link away; its bends and its being shown by name go with it. */
export function disconnect(sheet: Sheet, { node: id, input, index }: Input): void {
  const node = sheet.nodes[id]
  const value = node?.inputs?.[input]
  if (index === null) setInput(sheet, id, input, undefined)
  else if (Array.isArray(value)) {
    const rest = value.filter((_, i) => i !== index)
    setInput(sheet, id, input, rest.length > 0 ? rest : undefined)
  }
  const place = sheet.layout?.[id]
  if (place?.bends) Reflect.deleteProperty(place.bends, index === null ? input : `${input}.${index}`)
  if (place?.named) place.named = place.named.filter((n) => n !== input)
}

/** Put a node into a link: source -> node -> target. */
export function insertOnLink(sheet: Sheet, { source, output, target, input, index }: Link, into: Input, variadic: boolean, out: End): void {
  connect(sheet, { node: source, output }, into, variadic)
  const value = link(out.node, out.output)
  const held = sheet.nodes[target]?.inputs?.[input]
  if (index !== null && Array.isArray(held)) setInput(sheet, target, input, held.map((v, i) => (i === index ? value : v)))
  else setInput(sheet, target, input, value)
}

export function setField(sheet: Sheet, ids: Iterable<string>, change: Partial<NodeJson>): void {
  for (const id of ids) {
    const node = sheet.nodes[id]
    if (!node) continue
    for (const [key, value] of Object.entries(change)) {
      if (value === undefined) Reflect.deleteProperty(node, key)
      else node[key] = value
    }
  }
}

/** Give a node another id, wherever it is named. */
export function renameNode(document: WorkflowDocument, name: SheetName, id: string, to: string): void {
  const sheet = sheetOf(document, name)
  const node = sheet.nodes[id]
  if (!node || to in sheet.nodes) return
  for (const { target, input } of linksOf(sheet).filter((l) => l.source === id)) {
    const value = sheet.nodes[target]?.inputs?.[input]
    setInput(sheet, target, input, Array.isArray(value) ? value.map((v) => relinked(v, id, to)) : relinked(value ?? null, id, to))
  }
  sheet.nodes[to] = node
  Reflect.deleteProperty(sheet.nodes, id)
  if (sheet.layout?.[id]) {
    sheet.layout[to] = sheet.layout[id]
    Reflect.deleteProperty(sheet.layout, id)
  }
  renameOutside(document, name, id, to)
}

function relinked(value: Json, id: string, to: string): Json {
  const end = linkedTo(value)
  return end?.node === id ? link(to, end.output) : value
}

function renameOutside(document: WorkflowDocument, name: SheetName, id: string, to: string): void {
  const moved = (from: string) => (parseEnd(from)?.node === id ? `${to}.${parseEnd(from)?.output ?? ''}` : from)
  if (name === null) {
    for (const said of Object.values(document.inputs ?? {})) if (said.node === id) said.node = to
    for (const said of Object.values(document.outputs ?? {})) said.from = moved(said.from)
    return
  }
  const graph = document.subgraphs?.[name]
  for (const port of Object.values(graph?.inputs ?? {})) {
    port.to = port.to.map((place) => (place.split('.')[0] === id ? `${to}${place.slice(id.length)}` : place))
  }
  for (const said of Object.values(graph?.outputs ?? {})) said.from = moved(said.from)
}

export function addFrame(sheet: Sheet, frame: Frame): void {
  sheet.frames = [...(sheet.frames ?? []), frame]
}

export function editFrame(sheet: Sheet, id: string, change: Partial<Frame>): void {
  sheet.frames = (sheet.frames ?? []).map((f) => (f.id === id ? { ...f, ...change } : f))
}

export function removeFrames(sheet: Sheet, ids: ReadonlySet<string>): void {
  sheet.frames = (sheet.frames ?? []).filter((f) => !ids.has(f.id))
}

/** Make an input part of the public interface, under a name that is free; the name. */
export function publish(document: WorkflowDocument, node: string, input: string, doc: string): string {
  const taken = document.inputs ?? {}
  const wished = input in taken ? `${node}_${input}` : input
  let name = wished
  for (let n = 2; name in taken; n += 1) name = `${wished}_${n}`
  document.inputs = { ...taken, [name]: { node, input, ...(doc ? { doc } : {}) } }
  return name
}

export function unpublish(document: WorkflowDocument, name: string): void {
  if (document.inputs) Reflect.deleteProperty(document.inputs, name)
}

/** Move one public input before another; to the end where `before` is null. */
export function reorderPublic(document: WorkflowDocument, name: string, before: string | null): void {
  const entries = Object.entries(document.inputs ?? {})
  const moving = entries.find(([n]) => n === name)
  if (!moving) return
  const rest = entries.filter(([n]) => n !== name)
  const at = before === null ? rest.length : Math.max(0, rest.findIndex(([n]) => n === before))
  document.inputs = Object.fromEntries([...rest.slice(0, at), moving, ...rest.slice(at)])
}

/** The subgraphs that a document uses nowhere. */
export function unusedSubgraphs(document: WorkflowDocument): string[] {
  const used = new Set<string>()
  const waiting: Sheet[] = [document]
  for (let sheet = waiting.pop(); sheet; sheet = waiting.pop()) {
    for (const { type } of Object.values(sheet.nodes)) {
      const name = type.startsWith(SUBGRAPH) ? type.slice(SUBGRAPH.length) : null
      const graph = name === null ? undefined : document.subgraphs?.[name]
      if (name === null || !graph || used.has(name)) continue
      used.add(name)
      waiting.push(graph)
    }
  }
  return Object.keys(document.subgraphs ?? {}).filter((n) => !used.has(n))
}

/** Every value with the links in it replaced; links to nodes that are not in `ids` go. */
export function remapped(value: Json, ids: ReadonlyMap<string, string>, keepOutside: (id: string) => boolean): Json | undefined {
  const end = linkedTo(value)
  if (end) {
    const to = ids.get(end.node)
    if (to !== undefined) return link(to, end.output)
    return keepOutside(end.node) ? value : undefined
  }
  if (Array.isArray(value) && value.some((v) => linkedTo(v))) {
    return value.map((v) => remapped(v, ids, keepOutside)).filter((v): v is Json => v !== undefined)
  }
  return isObject(value) ? { ...value } : value
}
