/** `window.calotype`: what scripts, the browser's console and tests may use of the page. */

import type { WorkflowDocument } from '@/model/document'
import { canvas } from '@/canvas/gestures'
import { activeTab, useEditor } from './editor'

export interface Automation {
  version: 1
  /** The open document. */
  document: () => WorkflowDocument | null
  /** Open a document in a new tab. */
  open: (document: WorkflowDocument) => void
  /** Pan and zoom: pixels of the page for the origin, and the scale. */
  view: (view: { x: number; y: number; zoom: number }) => void
}

declare global {
  interface Window {
    calotype: Automation
  }
}

export function automate(): void {
  window.calotype = {
    version: 1,
    document: () => activeTab(useEditor.getState())?.history.document ?? null,
    open: (document) => void useEditor.getState().open({ document }),
    view: (view) => void canvas()?.rf.setViewport(view),
  }
}
