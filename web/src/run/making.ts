/** Nodes that mend a problem by being added: what gives an input what nothing on the sheet does, and what saves a result. */

import { typingOf } from '@/app/editor'
import { t } from '@/app/i18n'
import { boxesOf, freshNode } from '@/canvas/actions'
import { firstGiving } from '@/canvas/connecting'
import type { Catalogue, NodeType } from '@/model/catalogue'
import { sheetOf, type SheetName, type WorkflowDocument } from '@/model/document'
import { shapeOf } from '@/model/geometry'
import { addNode, connect, freshId } from '@/model/operations'
import { COMMON } from '@/model/search'
import { same, type Socket } from '@/model/sockets'
import { roomFor, type Box } from '@/model/tidy'
import type { Fix } from './fixing'

const APART = 84
const SAVES = 'SaveImage'

/** A new node of a type that people use, before the one that lacks something, and a link from it. */
export function provided(catalogue: Catalogue, name: SheetName, node: string, input: string, wanted: Socket, own: string): Fix | null {
  const type = COMMON.map((id) => catalogue.get(id)).find((one) => one !== undefined && one.id !== own && one.outputs.some((o) => same(o.socket, wanted)))
  if (!type) return null
  const apply = (draft: WorkflowDocument) => {
    const sheet = sheetOf(draft, name)
    const boxes = boxesOf({ document: draft, sheet, typing: typingOf(draft, catalogue) })
    const { width, height } = shapeOf(type, freshNode(type), { x: 0, y: 0 })
    const at = boxes.get(node) ?? { x: 0, y: 0 }
    const id = put(draft, name, type, below({ x: at.x - width - APART, y: at.y, width, height }, [...boxes.values()]))
    const from = firstGiving(sheet, typingOf(draft, catalogue), id, { node, input })
    if (from) connect(sheet, from, { node, input, index: null }, false)
  }
  return { label: t('problem.add', { type: type.id }), apply }
}

/** A node that saves pictures, to the right of everything: what it lacks is the next problem. */
export function saved(document: WorkflowDocument, catalogue: Catalogue): Fix | null {
  const type = catalogue.get(SAVES)
  if (!type || Object.values(document.nodes).some((n) => n.type === SAVES)) return null // it is there, and switched off
  const apply = (draft: WorkflowDocument) => {
    const boxes = [...boxesOf({ document: draft, sheet: draft, typing: typingOf(draft, catalogue) }).values()]
    put(draft, null, type, { x: Math.max(0, ...boxes.map((b) => b.x + b.width + APART)), y: Math.min(...boxes.map((b) => b.y)) })
  }
  return { label: t('problem.add', { type: type.id }), apply }
}

function put(draft: WorkflowDocument, name: SheetName, type: NodeType, at: { x: number; y: number }): string {
  const sheet = sheetOf(draft, name)
  const id = freshId(sheet, type.id)
  addNode(sheet, id, freshNode(type), { x: Math.round(at.x), y: Math.round(at.y) })
  return id
}

/** A place for a box: below whatever is in its way. */
function below(box: Box, taken: readonly Box[]): { x: number; y: number } {
  const turned = ({ x, y, width, height }: Box): Box => ({ x: y, y: x, width: height, height: width })
  const { x: y, y: x } = roomFor(turned(box), taken.map(turned))
  return { x, y }
}
