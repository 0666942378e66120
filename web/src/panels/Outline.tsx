/** Every node of the open sheet as a list: to find one, and to read the graph without seeing it. */

import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { activeTab, currentSheet, flatId, typingOf, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { NodeJson } from '@/model/document'
import { linksInto } from '@/model/links'
import { useTabRun } from '@/run/state'
import { goTo } from './Problems'

export function Outline() {
  const tab = useEditor((s) => activeTab(s))
  const catalogue = useEditor((s) => s.catalogue)
  const problems = useTabRun((r) => r.problems)
  const [text, setText] = useState('')
  const at = useRef(0) // of the finds, the one that Enter shows next
  const sheet = tab && currentSheet(tab)
  const typing = tab && typingOf(tab.history.document, catalogue)
  const nodes = useMemo(() => {
    if (!sheet) return []
    const wanted = text.toLowerCase()
    const named = ([id, node]: [string, NodeJson]) => `${id} ${node.type} ${node.title ?? ''}`.toLowerCase().includes(wanted)
    const all = Object.entries(sheet.nodes)
    return [...all.filter(named), ...all.filter((one) => !named(one) && JSON.stringify(one[1].inputs ?? {}).toLowerCase().includes(wanted))]
  }, [sheet, text])
  if (!tab || !sheet || !typing) return null
  const next = (e: KeyboardEvent) => {
    const [id] = nodes[at.current % Math.max(1, nodes.length)] ?? []
    if (e.key !== 'Enter' || id === undefined) return
    e.preventDefault()
    at.current += 1
    goTo(flatId(tab, id))
  }
  return (
    <div className="outline">
      <input type="search" autoFocus value={text} placeholder={t('outline.find')} aria-label={t('outline.find')} onKeyDown={next} onChange={(e) => { setText(e.target.value); at.current = 0 }} />
      <p className="count" role="status">{t('outline.count', { n: nodes.length })}</p>
      <ul role="tree" aria-label={t('panel.outline')}>
        {nodes.map(([id, node]) => {
          const flat = flatId(tab, id)
          const wrong = problems.filter((p) => p.node === flat)
          const sources = [...new Set(linksInto(id, node).map((l) => l.source))]
          return (
            <li key={id} role="treeitem" aria-selected={tab.selected.has(id)}>
              <button type="button" onClick={() => goTo(flat)} data-broken={wrong.length > 0 || undefined}>
                <strong>{node.title ?? id}</strong>
                <span>{typing.typeOf(sheet, id, node).id}</span>
                {sources.length > 0 && <span className="from">{t('outline.from', { names: sources.join(', ') })}</span>}
                {wrong.map((p, i) => <span key={i} className="problem">{p.text}</span>)}
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
