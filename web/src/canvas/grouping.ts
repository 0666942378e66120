/** Subgraphs in the editor: made of the selection, entered, left, expanded. The engine does the work; it is one step. */

import { activeTab, currentSheet, sheetName, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { become } from '@/model/become'
import { sheetOf, SUBGRAPH, type Sheet, type WorkflowDocument } from '@/model/document'
import { patchPlace } from '@/model/operations'
import { ask } from '@/run/api'
import { boxesOf, now } from './actions'

interface Edited {
  workflow: WorkflowDocument
  nodes: string[]
}

/** Ask the engine for a changed document, and make it one step. False where it refused, or the document went on. */
async function changed(path: string, body: Record<string, unknown>, label: string, after: (sheet: Sheet, nodes: string[]) => void): Promise<string[] | null> {
  const tab = activeTab(useEditor.getState())
  if (!tab) return null
  const before = tab.history.document
  const within = sheetName(tab)
  try {
    const { data } = await ask<Edited>(path, { method: 'POST', body: { workflow: before, within, ...body } })
    const at = activeTab(useEditor.getState())
    if (at?.id !== tab.id || at.history.document !== before) {
      useUi.getState().tell('note', t('group.late'))
      return null
    }
    useEditor.getState().edit(label, (draft) => {
      become(draft, data.workflow)
      after(sheetOf(draft, within), data.nodes)
    })
    return data.nodes
  } catch (error) {
    useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
    return null
  }
}

/** Make a subgraph of the selected nodes; the instance stands in their middle. */
export async function makeSubgraph(ids?: Iterable<string>): Promise<void> {
  const state = now()
  const tab = activeTab(useEditor.getState())
  if (!state || !tab) return
  const nodes = [...(ids ?? tab.selected)]
  if (nodes.length === 0) return
  const boxes = [...boxesOf(state, new Set(nodes)).values()]
  const middle = (low: (b: (typeof boxes)[number]) => number, size: (b: (typeof boxes)[number]) => number) =>
    Math.round((Math.min(...boxes.map(low)) + Math.max(...boxes.map((b) => low(b) + size(b)))) / 2)
  const at = { x: middle((b) => b.x, (b) => b.width) - 126, y: Math.min(...boxes.map((b) => b.y)) } // from there down the nodes leave room
  const name = freeName(state.document, state.sheet)
  const made = await changed('/v1/edit/group', { nodes, name }, t('step.subgraph', { n: nodes.length }), (sheet, [instance]) => {
    if (instance !== undefined) patchPlace(sheet, instance, at)
  })
  if (!made) return
  useEditor.getState().select(made)
  useUi.getState().announce(t('said.subgraph', { name, n: nodes.length }))
}

function freeName(document: WorkflowDocument, sheet: Sheet): string {
  const taken = document.subgraphs ?? {}
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? 'subgraph' : `subgraph_${n}`
    if (!(name in taken) && !(name in sheet.nodes)) return name
  }
}

/** Replace an instance of a subgraph by its nodes. */
export async function expandSubgraph(id?: string): Promise<void> {
  const instance = id ?? chosenInstance()
  const tab = activeTab(useEditor.getState())
  if (instance === null || !tab) return
  const made = await changed('/v1/edit/ungroup', { instance }, t('step.subgraph.expand'), () => undefined)
  if (made) useEditor.getState().select(made)
}

/** The one selected instance of a subgraph. */
export function chosenInstance(): string | null {
  const tab = activeTab(useEditor.getState())
  const [id, ...more] = tab?.selected ?? []
  return tab && id !== undefined && more.length === 0 && currentSheet(tab).nodes[id]?.type.startsWith(SUBGRAPH) ? id : null
}

/** Show the inside of an instance. */
export function enterSubgraph(id = chosenInstance()): void {
  const tab = activeTab(useEditor.getState())
  const type = tab && id !== null ? currentSheet(tab).nodes[id]?.type : undefined
  if (!tab || id === null || !type?.startsWith(SUBGRAPH)) return
  useEditor.getState().enter({ instance: id, sheet: type.slice(SUBGRAPH.length) })
  useUi.getState().announce(t('said.entered', { id }))
}

export function leaveSubgraph(): void {
  const tab = activeTab(useEditor.getState())
  const level = tab?.levels.at(-1)
  if (!tab || !level) return
  useEditor.getState().leave(tab.levels.length - 1)
  useEditor.getState().select([level.instance])
}
