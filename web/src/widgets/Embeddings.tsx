/** The names of embeddings, offered while `embedding:` is being written in a prompt. */

import { useEffect, useState } from 'react'
import { t } from '@/app/i18n'
import { filesNow } from '@/run/files'
import { found } from './options'
import { Popup } from './Popup'
import { typeInto } from './TextField'
import { embeddingAt } from './weights'

const MOST = 12

export function Embeddings({ area: box, text }: { area: HTMLTextAreaElement | null; text: string }) {
  const [at, setAt] = useState(0)
  const [put, setPut] = useState<string | null>(null)
  const focused = box !== null && document.activeElement === box
  const begun = focused ? embeddingAt(text.slice(0, box.selectionStart)) : null
  const names = begun === null || put === text ? [] : found(namesNow(), begun).slice(0, MOST)
  const chosen = names[Math.min(at, names.length - 1)]
  useEffect(() => {
    if (!box || !chosen || begun === null) return
    const take = () => {
      const { selectionStart } = box
      box.setSelectionRange(selectionStart - begun.length, selectionStart)
      typeInto(box, chosen.value)
      setPut(box.value)
    }
    const onKey = (e: KeyboardEvent) => {
      const way = { ArrowDown: 1, ArrowUp: -1 }[e.key]
      if (way !== undefined && !e.ctrlKey) setAt((i) => (i + way + names.length) % names.length)
      else if (e.key === 'Enter' || e.key === 'Tab') take()
      else if (e.key === 'Escape') setPut(box.value)
      else return
      e.preventDefault()
      e.stopPropagation()
    }
    box.addEventListener('keydown', onKey)
    return () => box.removeEventListener('keydown', onKey)
  }, [box, chosen, begun, names.length])
  if (!box || !chosen || begun === null) return null
  return (
    <Popup anchor={box} close={() => setPut(box.value)} label={t('embeddings.label')} className="words">
      <ul role="listbox" aria-label={t('embeddings.label')}>
        {names.map((o) => (
          <li key={o.value} role="option" aria-selected={o === chosen}
            onPointerDown={(e) => {
              e.preventDefault() // the text keeps the cursor
              box.setSelectionRange(box.selectionStart - begun.length, box.selectionStart)
              typeInto(box, o.value)
              setPut(box.value)
            }}>
            <span className="said">{o.label}</span>
          </li>
        ))}
      </ul>
    </Popup>
  )
}

function namesNow() {
  return filesNow('embeddings').map(({ file }) => {
    const name = file.replace(/\.[^./]*$/, '')
    return { value: name, label: name }
  })
}
