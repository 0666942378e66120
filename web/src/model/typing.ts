/** Which type each node of a sheet has: from the catalogue, from a subgraph's ports, or guessed from the document. */

import type { Catalogue, InputType, NodeType, OutputType } from './catalogue'
import { isSettled, SUBGRAPH, type NodeJson, type PortIn, type Sheet, type Subgraph, type WorkflowDocument } from './document'
import { linksOf, parseEnd } from './links'
import type { Socket } from './sockets'

const DEEPEST = 64

/**
 * Looks types up; one for each state of a document, so that what is derived is derived once. Types keep their identity
 * from state to state while what they are derived from does: whoever draws them sees that nothing changed.
 */
export class Typing {
  private readonly instances: Map<string, NodeType>

  constructor(
    readonly catalogue: Catalogue,
    readonly document: WorkflowDocument,
  ) {
    this.instances = instancesOf(catalogue, document.subgraphs)
  }

  typeOf(sheet: Sheet, id: string, node: NodeJson, depth = 0): NodeType {
    if (node.type.startsWith(SUBGRAPH)) return this.instance(node, depth)
    return this.catalogue.get(node.type) ?? this.guessed(sheet, id, node)
  }

  /** The type of a subgraph's instance. Maps lift ports to lists. */
  private instance(node: NodeJson, depth: number): NodeType {
    const name = node.type.slice(SUBGRAPH.length)
    const graph = this.document.subgraphs?.[name]
    if (!graph || depth > DEEPEST) return nothingKnown(node)
    const over = Array.isArray(node.map) ? (node.map as string[]) : []
    const key = `${name}\n${over.join('\n')}`
    const known = this.instances.get(key)
    if (known) return known
    const lift = (socket: Socket, port: string): Socket => (over.includes(port) ? { list: socket } : socket)
    const inputs = Object.entries(graph.inputs ?? {}).map(([port, said]) => {
      const input = this.portInput(graph, port, said, depth)
      return { ...input, socket: lift(input.socket, port) }
    })
    const outputs = Object.entries(graph.outputs ?? {}).map(([port, said]): OutputType => {
      const socket = this.outputSocket(graph, said.from, depth)
      return { name: port, socket: over.length > 0 ? { list: socket } : socket, doc: said.doc ?? '' }
    })
    const type: NodeType = { ...nothingKnown(node), category: 'subgraph', doc: typeof graph.description === 'string' ? graph.description : '', inputs, outputs, unknown: false }
    this.instances.set(key, type)
    return type
  }

  private portInput(graph: Subgraph, port: string, said: PortIn, depth: number): InputType {
    const inner = said.to.map((place) => this.innerInput(graph, place, depth)).find((found) => found !== null)
    const base = inner ?? plainInput(port)
    const given: InputType = { ...base, name: port, doc: said.doc ?? base.doc, variadic: false, when: null }
    if (said.default !== undefined) given.default = said.default
    return given
  }

  private innerInput(graph: Subgraph, place: string, depth: number): InputType | null {
    const [id, input] = place.split('.')
    const node = id === undefined ? undefined : graph.nodes[id]
    if (!node || id === undefined) return null
    const type = this.typeOf(graph, id, node, depth + 1)
    const found = type.inputs.find((i) => i.name === input)
    if (!found) return null
    const value = node.inputs?.[found.name]
    return value === undefined || Array.isArray(value) ? found : { ...found, default: value }
  }

  private outputSocket(graph: Subgraph, from: string, depth: number): Socket {
    const end = parseEnd(from)
    const node = end && graph.nodes[end.node]
    if (!node) return 'Any'
    const found = this.typeOf(graph, end.node, node, depth + 1).outputs.find((o) => o.name === end.output)
    return !found || (typeof found.socket === 'object' && 'var' in found.socket) ? 'Any' : found.socket
  }

  /** A type that is not installed: the names that the document uses, of any type. */
  private guessed(sheet: Sheet, id: string, node: NodeJson): NodeType {
    const outputs = outputsUsed(sheet).get(id) ?? []
    const key = outputs.join('\n')
    const known = guesses.get(node)
    if (known?.key === key) return known.type
    const type: NodeType = {
      ...nothingKnown(node),
      inputs: Object.keys(node.inputs ?? {}).map(plainInput),
      outputs: outputs.map((name) => ({ name, socket: 'Any', doc: '' })),
    }
    if (isSettled(node)) guesses.set(node, { key, type })
    return type
  }
}

const guesses = new WeakMap<NodeJson, { key: string; type: NodeType }>()
const instances = new WeakMap<object, { catalogue: Catalogue; types: Map<string, NodeType> }>()
const used = new WeakMap<Sheet['nodes'], Map<string, string[]>>()

/** The types of the instances of some subgraphs, as far as they were asked for. */
function instancesOf(catalogue: Catalogue, subgraphs: WorkflowDocument['subgraphs']): Map<string, NodeType> {
  if (!subgraphs || !isSettled(subgraphs)) return new Map()
  const known = instances.get(subgraphs)
  if (known?.catalogue === catalogue) return known.types
  const types = new Map<string, NodeType>()
  instances.set(subgraphs, { catalogue, types })
  return types
}

/** The names by which links take the outputs of each node. */
function outputsUsed(sheet: Sheet): Map<string, string[]> {
  const known = used.get(sheet.nodes)
  if (known) return known
  const found = new Map<string, string[]>()
  for (const { source, output } of linksOf(sheet)) {
    const names = found.get(source)
    if (!names) found.set(source, [output])
    else if (!names.includes(output)) names.push(output)
  }
  if (isSettled(sheet.nodes)) used.set(sheet.nodes, found)
  return found
}

function nothingKnown(node: NodeJson): NodeType {
  return { id: node.type, category: '', doc: '', version: 1, aliases: [], output: false, deprecated: '', inputs: [], outputs: [], unknown: true }
}

function plainInput(name: string): InputType {
  return {
    name, socket: 'Any', default: null, doc: '', ge: null, le: null, step: null, multiline: false,
    folder: null, role: null, lazy: false, variadic: false, least: 0, when: null,
  }
}
