/** The documents that are open: one tab each, what is not saved, and how their edits are kept. */

import { useEffect, useRef } from 'react'
import { titleOf } from '@/run/address'
import { useKept } from '@/run/journal'
import { saveNamed } from './commands'
import { activeTab, isDirty, useEditor, type Tab } from './editor'
import { openDocumentMenu } from './documentMenu'
import { t } from './i18n'
import { Icon } from './Icon'
import { useUi } from './ui'

export function Tabs() {
  const tabs = useEditor((s) => s.tabs)
  const active = useEditor((s) => s.active)
  const { activate } = useEditor.getState()
  const onKey = (e: React.KeyboardEvent, at: number) => {
    const way = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    const next = tabs[(at + way + tabs.length) % tabs.length]
    const tab = tabs[at]
    if (e.key === 'Delete' && tab) closeTab(tab)
    if (way === 0 || !next) return
    activate(next.id)
    document.getElementById(`tab-${next.id}`)?.focus()
  }
  return (
    <div className="tabs">
      {tabs.length > 0 && <span role="tablist" aria-label={t('tabs.label')} aria-owns={tabs.map((tab) => `tab-${tab.id}`).join(' ')} />}
      <div className="strip">
        {tabs.map((tab, i) => <One key={tab.id} tab={tab} active={tab.id === active} onKey={(e) => onKey(e, i)} />)}
      </div>
      <button type="button" className="new" aria-label={t('cmd.open')} title={t('cmd.open')} onClick={() => useUi.getState().show({ dialog: 'open' })}><Icon name="add" size={15} /></button>
      <Keeping />
    </div>
  )
}

function One({ tab, active, onKey }: { tab: Tab; active: boolean; onKey: (e: React.KeyboardEvent) => void }) {
  const title = titleOf(tab)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (active) box.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [active, title])
  const choose = () => useEditor.getState().activate(tab.id)
  const rename = () => { if (!tab.reading) useUi.getState().show({ dialog: `rename:${tab.id}` }) }
  const menu = (e: React.MouseEvent) => {
    e.preventDefault()
    choose()
    const box = e.currentTarget.getBoundingClientRect()
    openDocumentMenu(tab.id, { x: box.left, y: box.bottom + 6 })
  }
  return (
    <div ref={box} className="tab" role="presentation" data-active={active || undefined} data-reading={tab.reading ? true : undefined} onContextMenu={menu} onAuxClick={(e) => { if (e.button === 1) closeTab(tab) }}>
      <button type="button" id={`tab-${tab.id}`} role="tab" aria-selected={active} tabIndex={active ? 0 : -1} title={title} onClick={choose} onDoubleClick={rename} onKeyDown={onKey}>
        <span className="title" translate="no">{title}</span>
        {isDirty(tab) && <span className="dirty" role="img" aria-label={t('tab.dirty')} title={t('tab.dirty')} />}
      </button>
      {active && <button type="button" className="close" aria-label={t('document.menu', { name: title })} aria-haspopup="menu" title={t('document.menu', { name: title })} onClick={menu}><Icon name="down" size={12} /></button>}
      <button type="button" className="close" aria-label={t('tab.close', { name: title })} tabIndex={-1} onClick={() => closeTab(tab)}><Icon name="close" size={11} /></button>
    </div>
  )
}

/** Unsaved edits stay in the server's journal: closing a tab loses nothing, and says so. */
function closeTab(tab: Tab): void {
  useEditor.getState().close(tab.id)
  if (!isDirty(tab)) return
  const again = () => void useEditor.getState().open({ ...tab, document: tab.history.document })
  useUi.getState().tell('note', t('tab.closed', { name: titleOf(tab) }), { label: t('tab.reopen'), run: again })
}

/** What becomes of the edits of the open document: calm while all is well. */
function Keeping() {
  const tab = useEditor(activeTab)
  const keeping = useKept((s) => s.tabs[tab?.id ?? ''])
  if (!tab || !isDirty(tab)) return null
  return (
    <div className="keeping" data-keeping={keeping ?? 'kept'} role={keeping === 'away' ? 'status' : undefined}>
      <button type="button" className="save" title={`${t('cmd.save')} (${t('keeping.kept.why')})`} onClick={saveNamed}>{t('cmd.save')}</button>
      <span title={t(keeping === 'away' ? 'keeping.away.why' : 'keeping.kept.why')}>
        <Icon name={keeping === 'away' ? 'alert' : 'check'} size={13} />
        <span className="word">{t(keeping === 'away' ? 'keeping.away' : 'keeping.kept')}</span>
      </span>
    </div>
  )
}
