/** The clipboard, deletion and dropped files, as the canvas takes them. Keys are the commands' business. */

import type { ReactFlowInstance } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import { bringIn } from '@/run/importing'
import * as act from './actions'
import type { FlowNode, Wire } from './flow'

type Rf = ReactFlowInstance<FlowNode, Wire>

/** What commands need of the canvas that is shown. */
export interface CanvasHandle {
  rf: Rf
  nodes: readonly FlowNode[]
  wires: readonly Wire[]
  picked: ReadonlySet<string>
  pointer: { x: number; y: number }
  /** Show a node at another size while it is being resized; null ends it. */
  resize: (id: string, size: { w: number; h: number } | null) => void
}

let shown: CanvasHandle | null = null

export function canvas(): CanvasHandle | null {
  return shown
}

export function useGestures({ rf, nodes, wires, picked, resize }: Omit<CanvasHandle, 'pointer'>): void {
  const pointer = useRef({ x: innerWidth / 2, y: innerHeight / 2 })
  useEffect(() => {
    shown = { rf, nodes, wires, picked, resize, pointer: pointer.current }
  }, [rf, nodes, wires, picked, resize])
  useEffect(() => {
    const onMove = (e: PointerEvent) => {
      pointer.current.x = e.clientX
      pointer.current.y = e.clientY
    }
    const onCopy = (e: ClipboardEvent) => {
      if (elsewhere()) return
      const text = act.copySelected()
      if (text === null) return
      e.preventDefault()
      e.clipboardData?.setData('text/plain', text)
      if (e.type === 'cut') act.removeSelected()
    }
    const onPaste = (e: ClipboardEvent) => {
      if (elsewhere() || !e.clipboardData) return
      const file = e.clipboardData.files[0]
      const text = e.clipboardData.getData('text/plain')
      const at = rf.screenToFlowPosition(pointer.current)
      if (file) void bringIn([file], at)
      else if (act.paste(text, at, keepLinks)) e.preventDefault()
    }
    let keepLinks = false
    const onKey = (e: KeyboardEvent) => (keepLinks = e.shiftKey)
    const events = new AbortController()
    const { signal } = events
    window.addEventListener('pointermove', onMove, { signal, passive: true })
    window.addEventListener('keydown', onKey, { signal, capture: true })
    document.addEventListener('copy', onCopy, { signal })
    document.addEventListener('cut', onCopy, { signal })
    document.addEventListener('paste', onPaste, { signal })
    return () => {
      events.abort()
      shown = null
    }
  }, [rf])
}

/** Whether text is being written somewhere. */
export function elsewhere(): boolean {
  const at = document.activeElement
  return at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLElement && at.isContentEditable)
}
