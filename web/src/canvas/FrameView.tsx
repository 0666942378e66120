/** A frame around nodes: a title, a tint, and its members move with it. A note is one with a text. */

import { NodeResizer, type NodeProps } from '@xyflow/react'
import { memo, useState } from 'react'
import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { editFrame } from '@/model/operations'
import type { FrameNode } from './flow'

export const FrameView = memo(function FrameView({ data, selected, width, height }: NodeProps<FrameNode>) {
  const { frame } = data
  const [editing, setEditing] = useState(false)
  const rename = (title: string) => {
    setEditing(false)
    if (title !== frame.title) useEditor.getState().edit(t('step.frame.rename'), onSheet((s) => editFrame(s, frame.id, { title })))
  }
  const write = (text: string) => useEditor.getState().edit(t('step.note'), onSheet((s) => editFrame(s, frame.id, { text })), `note ${frame.id}`)
  return (
    <section className="frame" aria-label={t('frame.label', { title: frame.title })} data-selected={selected || undefined} data-note={frame.text !== undefined || undefined} data-frame={frame.id}
      style={{ width, height, ['--frame' as string]: frame.colour ?? 'var(--line-strong)' }}>
      <NodeResizer isVisible={selected} minWidth={160} minHeight={100}
        onResizeEnd={(_, p) => useEditor.getState().edit(t('step.frame.resize'), onSheet((s) => editFrame(s, frame.id, { x: Math.round(p.x), y: Math.round(p.y), w: Math.round(p.width), h: Math.round(p.height) })))} />
      <header className="grip" onDoubleClick={() => setEditing(true)}>
        {editing ? (
          <input className="nodrag" autoFocus defaultValue={frame.title} aria-label={t('frame.title')} onBlur={(e) => rename(e.target.value)}
            onKeyDown={(e) => { if (e.key === 'Enter') rename(e.currentTarget.value); if (e.key === 'Escape') setEditing(false) }} />
        ) : (
          frame.title
        )}
      </header>
      {frame.text !== undefined && (
        <textarea className="nodrag nowheel" dir="auto" spellCheck={false} value={frame.text} aria-label={t('frame.note', { title: frame.title })} placeholder={t('frame.note.empty')}
          onChange={(e) => write(e.target.value)} />
      )}
    </section>
  )
})
