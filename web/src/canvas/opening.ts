/**
 * How a sheet begins. React Flow draws first and fits afterwards: nodes near where the view happened to be, then all of
 * them from afar. Sizes are computed here and the stage has one, so the first view is known before anything is drawn.
 */

import { getNodesBounds, getViewportForBounds, useStoreApi } from '@xyflow/react'
import { useState } from 'react'
import { currentSheet, typingOf, useEditor, type Tab, type View } from '@/app/editor'
import { isSmall } from '@/app/prefs'
import { Flow, type FlowNode } from './flow'

export const LEAST_ZOOM = 0.03
export const FIT = { padding: 0.12, maxZoom: 1 }
/** On a small screen a sheet begins where its nodes can be read, though not all of it is in view. */
const READABLE = 0.5

export interface Opening {
  flow: Flow
  nodes: FlowNode[]
  /** Null where it cannot be known yet: the stage is not there, or nothing is on it. */
  view: View | null
  /** Whether the view is where it was left. */
  saved: boolean
  size: { width: number; height: number }
}

/** The nodes of a tab, and where its view begins: where it was left, else around all of them. */
export function openingOf(tab: Tab, viewKey: string): Opening {
  const flow = new Flow(tab)
  const typing = typingOf(tab.history.document, useEditor.getState().catalogue)
  const nodes = flow.nodesOf(currentSheet(tab), typing, tab.selected, tab.frames, new Map())
  const stage = document.querySelector('.stage')
  const size = { width: stage?.clientWidth ?? 0, height: stage?.clientHeight ?? 0 }
  const known = nodes.length > 0 && size.width > 0 && size.height > 0
  const left = tab.views[viewKey]
  return { flow, nodes, view: left ?? (known ? around(nodes, size) : null), saved: left !== undefined, size }
}

/** How far away a sheet may begin. */
export function leastZoom(): number {
  return isSmall() ? READABLE : LEAST_ZOOM
}

function around(nodes: FlowNode[], { width, height }: Opening['size']): View {
  return getViewportForBounds(getNodesBounds(nodes), width, height, leastZoom(), FIT.maxZoom, FIT.padding)
}

const nothing = () => undefined

/**
 * Prepare React Flow's store, above `ReactFlow` and before it draws a node for the first time. It measures every node and
 * handle that is drawn, and believes what it measured: that costs a layout for every node that comes into view, and from
 * afar, where nodes are drawn without sockets, it would find none and lose the links. This takes the measuring out.
 */
export function usePrepared({ view }: Opening): void {
  const store = useStoreApi()
  useState(() => {
    store.setState({ updateNodeInternals: nothing, ...(view ? { transform: [view.x, view.y, view.zoom] } : {}) })
    return null
  })
}
