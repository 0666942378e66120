/** The palette: type some letters, Enter adds the node. From a dropped link it lists only what fits. */

import { useMemo, useState, type KeyboardEvent } from 'react'
import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi, type PaletteAt } from '@/app/ui'
import { add, addWhereRoom } from '@/canvas/actions'
import { focusNode, reveal } from '@/canvas/places'
import { categoryColour } from '@/canvas/categories'
import { inHandle, outHandle } from '@/canvas/flow'
import type { NodeType } from '@/model/catalogue'
import { found } from '@/model/search'
import { described } from '@/model/sockets'

const MOST = 60
const SIZE = { width: 380, height: 420 }

export function Palette() {
  const at = useUi((s) => s.palette)
  return at ? <Open key={`${at.screen.x},${at.screen.y}`} at={at} /> : null
}

function Open({ at }: { at: PaletteAt }) {
  const catalogue = useEditor((s) => s.catalogue)
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const types = useMemo(() => [...new Set(catalogue.values())], [catalogue])
  const list = useMemo(() => found(types, text, at.wanted).slice(0, MOST), [types, text, at.wanted])
  const close = () => useUi.getState().show({ palette: null })
  const take = (type: NodeType | undefined) => {
    close()
    if (!type) return
    const held = at.from && { node: at.from.node, handle: at.from.way === 'source' ? outHandle(at.from.end) : inHandle(at.from.end, at.from.index) }
    const id = at.loose ? addWhereRoom(type, at.flow) : add(type, at.wanted?.way === 'out-of' ? { x: at.flow.x - 252, y: at.flow.y } : at.flow, held, at.between)
    if (id === null) return
    if (at.loose) requestAnimationFrame(() => reveal(id))
    focusNode(id)
  }
  const onKey = (e: KeyboardEvent) => {
    const way = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (way !== 0) {
      e.preventDefault()
      setChosen((c) => Math.min(list.length - 1, Math.max(0, c + way)))
    } else if (e.key === 'Enter') take(list[chosen])
    else if (e.key === 'Escape') close()
    else return
    e.stopPropagation()
  }
  const left = Math.max(8, Math.min(at.screen.x, innerWidth - SIZE.width - 8))
  const top = Math.max(8, Math.min(at.screen.y, innerHeight - SIZE.height - 8))
  return (
    <div className="veil" onPointerDown={(e) => e.target === e.currentTarget && close()}>
      <div className="palette" role="dialog" aria-label={t('palette.label')} style={{ left, top }} onKeyDown={onKey}>
        <input
          autoFocus type="search" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={list[chosen] ? `palette-${chosen}` : undefined}
          aria-label={t('palette.search')} placeholder={at.wanted ? t('palette.fits', { type: described(at.wanted.socket) }) : t('palette.hint')}
          value={text} onChange={(e) => { setText(e.target.value); setChosen(0) }}
        />
        <ul id="palette-list" role="listbox" aria-label={t('palette.label')}>
          {list.map((type, i) => (
            <li key={type.id} id={`palette-${i}`} role="option" aria-selected={i === chosen} ref={(el) => { if (i === chosen) el?.scrollIntoView({ block: 'nearest' }) }}
              onPointerMove={() => setChosen(i)} onClick={() => take(type)}>
              <span className="dot" style={{ background: categoryColour(type.category) }} />
              <span className="name">{type.id}</span>
              <span className="doc">{type.doc}</span>
            </li>
          ))}
          {list.length === 0 && <li className="none">{t('palette.none')}</li>}
        </ul>
      </div>
    </div>
  )
}
