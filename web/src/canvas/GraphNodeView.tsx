/** A node on the canvas: everything stands where `geometry` computed it. Far away it is one plain box. */

import { useStore, type NodeProps } from '@xyflow/react'
import { memo } from 'react'
import { activeTab, sheetName, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { Json } from '@/model/document'
import type { Row } from '@/model/geometry'
import { linkedTo } from '@/model/links'
import { problemAt, useRuns, useTabRun } from '@/run/state'
import { Field } from '@/widgets/Field'
import { editsAsList, ListButton } from '@/widgets/ListButton'
import { categoryColour } from './categories'
import { inHandle, outHandle, socketY, type GraphNode } from './flow'
import { NodeFailure } from './NodeFailure'
import { NodeHeader } from './NodeHeader'
import { NodePicture } from './NodePicture'
import { ResizeGrip } from './ResizeGrip'
import { SocketDot } from './SocketDot'
import { goToNode } from './travel'

/** Below this zoom nodes are boxes and all links are one path. */
export const FAR = 0.35
const isFar = (s: { transform: [number, number, number] }) => s.transform[2] < FAR

export const GraphNodeView = memo(function GraphNodeView(props: NodeProps<GraphNode>) {
  return useStore(isFar) ? <FarNode {...props} /> : <NearNode {...props} />
}, sameLook)

/** Where a node is does not show inside of it. */
function sameLook(a: NodeProps<GraphNode>, b: NodeProps<GraphNode>): boolean {
  return a.id === b.id && a.data === b.data && a.selected === b.selected
}

/** There may be a thousand: each asks for one thing only, and has the size of its wrapper. */
function FarNode({ data, selected }: NodeProps<GraphNode>) {
  const status = useRuns((s) => s.tabs[data.tab]?.nodes[data.flat]?.status)
  return (
    <div className="node far grip" data-selected={selected || undefined} data-status={status} data-disabled={data.node.enabled === false ? true : undefined}
      style={{ ['--category' as string]: categoryColour(data.type.category) }} />
  )
}

function NearNode({ id, data, selected }: NodeProps<GraphNode>) {
  const { node, type, shape, flat } = data
  const status = useTabRun((r) => r.nodes[flat]?.status)
  const broken = useTabRun((r) => problemAt(r.problems, flat) !== undefined)
  return (
    <article className="node" aria-label={t('node.label', { title: node.title ?? type.id, id })} data-node={id} data-selected={selected || undefined}
      data-status={status} data-disabled={node.enabled === false ? true : undefined} data-broken={broken || undefined} data-unknown={type.unknown ? true : undefined}
      style={{ width: shape.width, height: shape.height, ['--category' as string]: categoryColour(type.category) }}>
      <NodeHeader id={id} flat={flat} node={node} type={type} collapsed={shape.collapsed} />
      {shape.rows.map((row) => <InputRow key={inHandle(row.input.name, row.index)} id={id} data={data} row={row} />)}
      {type.outputs.map((output, i) => (
        <div key={output.name} className="row out" style={{ top: (shape.outputs[i]?.y ?? 0) - 13 }} hidden={shape.collapsed}>
          {output.name}
        </div>
      ))}
      {type.outputs.map((output, i) => (
        <SocketDot key={output.name} id={outHandle(output.name)} node={id} name={output.name} socket={output.socket} way="source" y={shape.outputs[i]?.y ?? 0} linked={false} />
      ))}
      {shape.picture !== null && <NodePicture id={id} flat={flat} node={node} top={shape.picture} height={shape.height - shape.picture} />}
      <StepPreview flat={flat} />
      <NodeFailure flat={flat} />
      {type.unknown && !shape.collapsed && <p className="unknown-note">{unknownNote(node.type)}</p>}
      {!shape.collapsed && <ResizeGrip id={id} shape={shape} />}
    </article>
  )
}

/** Whether a port of the open subgraph gives an input its value. */
function usePorted(id: string, input: string): boolean {
  return useEditor((s) => {
    const tab = activeTab(s)
    const name = tab ? sheetName(tab) : null
    if (!tab || name === null) return false
    return Object.values(tab.history.document.subgraphs?.[name]?.inputs ?? {}).some((port) => port.to.includes(`${id}.${input}`))
  })
}

function InputRow({ id, data, row }: { id: string; data: GraphNode['data']; row: Row }) {
  const { input, index, linked } = row
  const handle = inHandle(input.name, index)
  const named = data.named.includes(input.name) && linked
  const ported = usePorted(id, input.name)
  return (
    <>
      {!data.shape.collapsed && (
        <div className={`row in ${row.kind}`} style={{ top: row.y, height: row.height }}>
          {row.kind === 'socket' ? (
            <span className="label" data-needed={(!linked && input.default === undefined && !input.variadic && !ported) || undefined}>
              {input.name}
              {index !== null && input.variadic && linked ? ` ${index + 1}` : ''}
              {named && <NamedLink row={row} data={data} />}
              {!linked && editsAsList(input, data.node.inputs?.[input.name], index) && <ListButton node={id} input={input} values={data.node.inputs} />}
              {!linked && <HeldValue value={data.node.inputs?.[input.name]} />}
            </span>
          ) : (
            <Field node={id} input={input} value={data.node.inputs?.[input.name]} values={data.node.inputs} />
          )}
        </div>
      )}
      <SocketDot id={handle} node={id} name={input.name} socket={input.socket} way="target" y={socketY(row)} linked={linked} />
    </>
  )
}

/** A link that is shown by name; a click goes to where it comes from. */
function NamedLink({ data, row }: { row: Row; data: GraphNode['data'] }) {
  const value = data.node.inputs?.[row.input.name]
  const end = linkedTo(row.index === null ? value : Array.isArray(value) ? value[row.index] : undefined)
  if (!end) return null
  const from = `${end.node}.${end.output}`
  return <button type="button" className="named nodrag" aria-label={t('named.go', { from })} title={t('named.go', { from })} onClick={() => goToNode(end.node)}>{from}</button>
}

/** What a socket without a widget holds: values of types that are not known are seen, and kept. */
function HeldValue({ value }: { value: Json | undefined }) {
  if (value === undefined || (Array.isArray(value) && value.some((v) => linkedTo(v)))) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return <span className="held" title={text}>{text}</span>
}

function unknownNote(type: string): string {
  const dot = type.lastIndexOf('.')
  if (type.startsWith('comfyui.')) return t('node.unknown.comfyui')
  return dot < 1 ? t('node.unknown.note', { type }) : t('node.unknown.plugin', { plugin: type.slice(0, dot) })
}

function StepPreview({ flat }: { flat: string }) {
  const preview = useTabRun((r) => r.previews[flat])
  const running = useTabRun((r) => r.nodes[flat]?.status === 'running')
  if (preview === undefined || !running) return null
  return <img className="step-preview" src={preview} alt={t('node.preview')} draggable={false} />
}
