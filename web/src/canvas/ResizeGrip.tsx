/** The corner by which a node is made wider or taller. One drag is one step. */

import { useRef, type PointerEvent } from 'react'
import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { NARROWEST, type Shape } from '@/model/geometry'
import { patchPlace } from '@/model/operations'
import { canvas } from './gestures'

const WIDEST = 900

export function ResizeGrip({ id, shape }: { id: string; shape: Shape }) {
  const start = useRef<{ x: number; y: number; w: number; h: number } | null>(null)
  const size = (e: PointerEvent) => {
    const zoom = canvas()?.rf.getZoom() ?? 1
    const from = start.current ?? { x: e.clientX, y: e.clientY, w: shape.width, h: shape.height }
    return { w: Math.round(Math.min(WIDEST, Math.max(NARROWEST, from.w + (e.clientX - from.x) / zoom))), h: Math.round(Math.max(0, from.h + (e.clientY - from.y) / zoom)) }
  }
  const up = (e: PointerEvent) => {
    if (!start.current) return
    const { w, h } = size(e)
    start.current = null
    canvas()?.resize(id, null)
    useEditor.getState().edit(t('step.resize'), onSheet((s) => patchPlace(s, id, { w, h })))
  }
  return (
    <span className="resize nodrag nopan" title={t('node.resize')}
      onPointerDown={(e) => {
        if (e.button !== 0) return
        e.stopPropagation()
        e.currentTarget.setPointerCapture(e.pointerId)
        start.current = { x: e.clientX, y: e.clientY, w: shape.width, h: shape.height }
      }}
      onPointerMove={(e) => start.current && canvas()?.resize(id, size(e))}
      onPointerUp={up}
      onDoubleClick={() => useEditor.getState().edit(t('step.resize'), onSheet((s) => patchPlace(s, id, { w: undefined, h: undefined } as object)))} />
  )
}
