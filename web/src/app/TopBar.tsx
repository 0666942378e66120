/** The bar at the top: the documents that are open, and the run. */

import { useQueue } from '@/run/queue'
import { useTabRun } from '@/run/state'
import { activeTab, isDirty, useEditor, type Tab } from './editor'
import { undo, redo } from './commands'
import { t } from './i18n'
import { Icon } from './Icon'
import { RunBox } from './RunBox'
import { useUi } from './ui'

export function TopBar() {
  return (
    <header className="top">
      <a className="mark" href="/" aria-label="Calotype" title="Calotype"><Logo /></a>
      <Tabs />
      <UndoButtons />
      <RunBox />
      <Sides />
    </header>
  )
}

function Logo() {
  return (
    <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true">
      <rect x="2" y="2" width="22" height="22" rx="6" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <circle cx="13" cy="13" r="6.4" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M13 6.600a6.400 6.400 0 0 1 0 12.800z" fill="currentColor" />
    </svg>
  )
}

function Tabs() {
  const tabs = useEditor((s) => s.tabs)
  const active = useEditor((s) => s.active)
  const { activate } = useEditor.getState()
  const onKey = (e: React.KeyboardEvent, at: number) => {
    const way = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    const next = tabs[(at + way + tabs.length) % tabs.length]
    if (way === 0 || !next) return
    activate(next.id)
    document.getElementById(`tab-${next.id}`)?.focus()
  }
  return (
    <div className="tabs">
      <div role="tablist" aria-label={t('tabs.label')}>
        {tabs.map((tab, i) => (
          <div key={tab.id} className="tab" role="presentation" data-active={tab.id === active || undefined}>
            <button type="button" id={`tab-${tab.id}`} role="tab" aria-selected={tab.id === active} tabIndex={tab.id === active ? 0 : -1} onClick={() => activate(tab.id)} onKeyDown={(e) => onKey(e, i)}>
              {titleOf(tab)}
              {isDirty(tab) && <span className="dirty" role="img" aria-label={t('tab.dirty')} />}
            </button>
            <button type="button" className="close" aria-label={t('tab.close', { name: titleOf(tab) })} tabIndex={-1} onClick={() => closeTab(tab)}><Icon name="close" size={11} /></button>
          </div>
        ))}
      </div>
      <button type="button" className="new" aria-label={t('cmd.open')} title={t('cmd.open')} onClick={() => useUi.getState().show({ dialog: 'open' })}><Icon name="add" size={15} /></button>
    </div>
  )
}

export function titleOf(tab: Tab): string {
  return tab.name ?? tab.history.document.name ?? t('document.untitled')
}

/** Unsaved edits stay in the server's journal: closing a tab loses nothing, and says so. */
function closeTab(tab: Tab): void {
  useEditor.getState().close(tab.id)
  if (isDirty(tab)) {
    useUi.getState().tell('note', t('tab.closed', { name: titleOf(tab) }), { label: t('tab.reopen'), run: () => void useEditor.getState().open({ ...tab, document: tab.history.document }) })
  }
}

function UndoButtons() {
  const past = useEditor((s) => activeTab(s)?.history.past.at(-1)?.label)
  const future = useEditor((s) => activeTab(s)?.history.future[0]?.label)
  return (
    <div className="group undo">
      <button type="button" disabled={past === undefined} aria-label={t('cmd.undo')} title={past ? t('undo.label', { label: past }) : t('cmd.undo')} onClick={undo}><Icon name="undo" /></button>
      <button type="button" disabled={future === undefined} aria-label={t('cmd.redo')} title={future ? t('redo.label', { label: future }) : t('cmd.redo')} onClick={redo}><Icon name="redo" /></button>
    </div>
  )
}

function Sides() {
  const side = useUi((s) => s.side)
  const waiting = useQueue((s) => s.waiting.length + s.running.length)
  const connected = useQueue((s) => s.connected)
  const problems = useTabRun((r) => r.problems.length)
  const toggle = (name: 'gallery' | 'queue' | 'problems') => useUi.getState().show({ side: side === name ? null : name })
  return (
    <div className="group sides">
      {!connected && <span className="offline" role="status">{t('server.away')}</span>}
      {problems > 0 && <button type="button" aria-pressed={side === 'problems'} onClick={() => toggle('problems')} title={t('cmd.problems')} aria-label={t('cmd.problems')}><Icon name="alert" /><span className="count">{problems}</span></button>}
      <button type="button" aria-pressed={side === 'queue'} onClick={() => toggle('queue')} title={t('cmd.queue')} aria-label={t('cmd.queue')}><Icon name="queue" />{waiting > 0 && <span className="count">{waiting}</span>}</button>
      <button type="button" aria-pressed={side === 'gallery'} onClick={() => toggle('gallery')} title={t('cmd.gallery')} aria-label={t('cmd.gallery')}><Icon name="gallery" /></button>
    </div>
  )
}
