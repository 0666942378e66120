/** Titles, ids and names, asked for in one line where they stand. */

import { activeTab, currentSheet, onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { SUBGRAPH } from '@/model/document'
import { editFrame, renameNode, setField } from '@/model/operations'
import { isName, renameSubgraph } from '@/model/ports'
import { flowId, placeOnPage } from './places'
import { useMenu } from './menu'

/** Ask for another title of the selected node or frame. The node's id, and so its links, stay. */
export function renameSelected(): void {
  const tab = activeTab(useEditor.getState())
  const [node] = tab?.selected ?? []
  const [frame] = tab?.frames ?? []
  if (node !== undefined) renameTitle(node)
  else if (frame !== undefined) renameFrame(frame)
}

export function renameTitle(id: string): void {
  const tab = activeTab(useEditor.getState())
  const node = tab && currentSheet(tab).nodes[id]
  if (!node) return
  useMenu.getState().ask({
    label: t('ask.title'), value: node.title ?? '', at: placeOnPage(id),
    done: (title) => useEditor.getState().edit(t('step.rename'), onSheet((s) => setField(s, [id], { title: title || undefined } as object))),
  })
}

export function renameFrame(id: string): void {
  const tab = activeTab(useEditor.getState())
  const frame = tab && currentSheet(tab).frames?.find((f) => f.id === id)
  if (!frame) return
  useMenu.getState().ask({
    label: t('frame.title'), value: frame.title, at: placeOnPage(flowId(id)),
    done: (title) => useEditor.getState().edit(t('step.frame.rename'), onSheet((s) => editFrame(s, id, { title }))),
  })
}

const ID = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/

/** Ask for another id: what links, runs and files call the node. */
export function renameId(id: string): void {
  const tab = activeTab(useEditor.getState())
  if (!tab) return
  useMenu.getState().ask({
    label: t('ask.id'), value: id, at: placeOnPage(id),
    done: (to) => {
      if (!ID.test(to)) useUi.getState().tell('bad', t('id.bad', { id: to }))
      else if (to in currentSheet(tab).nodes) useUi.getState().tell('bad', t('id.taken', { id: to }))
      else {
        useEditor.getState().edit(t('step.rename'), onSheet((_, document, name) => renameNode(document, name, id, to)))
        useEditor.getState().select([to])
      }
    },
  })
}

/** Ask for another name of the subgraph that a node is an instance of. */
export function renameSheet(id: string): void {
  const tab = activeTab(useEditor.getState())
  const type = tab && currentSheet(tab).nodes[id]?.type
  if (!tab || !type?.startsWith(SUBGRAPH)) return
  const from = type.slice(SUBGRAPH.length)
  useMenu.getState().ask({
    label: t('ask.subgraph'), value: from, at: placeOnPage(id),
    done: (to) => {
      if (!isName(to)) useUi.getState().tell('bad', t('id.bad', { id: to }))
      else if (to in (tab.history.document.subgraphs ?? {})) useUi.getState().tell('bad', t('id.taken', { id: to }))
      else useEditor.getState().edit(t('step.rename'), (document) => void renameSubgraph(document, from, to))
    },
  })
}
