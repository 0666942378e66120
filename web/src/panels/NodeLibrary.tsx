/** Every node type by category; a click or a drag puts one on the canvas. */

import { useMemo, useState } from 'react'
import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { isSmall } from '@/app/prefs'
import { useUi } from '@/app/ui'
import { add, addWhereRoom } from '@/canvas/actions'
import { reveal } from '@/canvas/places'
import { categoryColour } from '@/canvas/categories'
import { canvas } from '@/canvas/gestures'
import type { NodeType } from '@/model/catalogue'
import { found } from '@/model/search'

export function NodeLibrary() {
  const catalogue = useEditor((s) => s.catalogue)
  const [text, setText] = useState('')
  const types = useMemo(() => [...new Set(catalogue.values())].filter((type) => !type.deprecated), [catalogue])
  const groups = useMemo(() => byCategory(text ? found(types, text) : types), [types, text])
  return (
    <div className="library">
      <input type="search" value={text} placeholder={t('palette.hint')} aria-label={t('palette.search')} onChange={(e) => setText(e.target.value)} />
      {groups.map(([category, members]) => (
        <details key={category} open={text !== ''}>
          <summary><span className="dot" style={{ background: categoryColour(category) }} />{category || t('library.others')}<span className="count">{members.length}</span></summary>
          <ul>
            {members.map((type) => (
              <li key={type.id}>
                <button type="button" draggable title={type.doc} onDragEnd={(e) => put(type, { x: e.clientX, y: e.clientY })} onClick={() => put(type, null)}>{type.id}</button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </div>
  )
}

function byCategory(types: readonly NodeType[]): [string, NodeType[]][] {
  const groups = new Map<string, NodeType[]>()
  for (const type of types) {
    const group = groups.get(type.category)
    if (group) group.push(type)
    else groups.set(type.category, [type])
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Put a node where it was dropped, or in the middle of what is seen. */
function put(type: NodeType, screen: { x: number; y: number } | null): void {
  const shown = canvas()
  const stage = document.querySelector('.stage')?.getBoundingClientRect()
  if (!shown || !stage) return
  const at = screen ?? { x: stage.x + stage.width / 2 - 120, y: stage.y + stage.height / 2 - 80 }
  if (screen && (screen.x < stage.x || screen.x > stage.right || screen.y < stage.y || screen.y > stage.bottom)) return
  const flow = shown.rf.screenToFlowPosition(at)
  const some = (activeTab(useEditor.getState())?.selected.size ?? 0) > 0
  const id = screen ? add(type, flow, null) : addWhereRoom(type, some ? null : flow)
  if (id === null || screen) return
  if (isSmall()) useUi.getState().show({ panel: null }) // it lies over the canvas
  requestAnimationFrame(() => reveal(id))
}
