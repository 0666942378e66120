/** The bar at the top: the documents that are open, and the run. */

import { useQueue } from '@/run/queue'
import { useTabRun } from '@/run/state'
import { activeTab, useEditor } from './editor'
import { undo, redo } from './commands'
import { t } from './i18n'
import { Icon } from './Icon'
import { RunBox } from './RunBox'
import { Tabs } from './Tabs'
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
      {problems > 0 && <button type="button" className="problem-count" aria-pressed={side === 'problems'} onClick={() => toggle('problems')} title={t('cmd.problems')} aria-label={t('cmd.problems')}><Icon name="alert" /><span className="count">{problems}</span></button>}
      <button type="button" aria-pressed={side === 'queue'} onClick={() => toggle('queue')} title={t('cmd.queue')} aria-label={t('cmd.queue')}><Icon name="queue" />{waiting > 0 && <span className="count">{waiting}</span>}</button>
      <button type="button" aria-pressed={side === 'gallery'} onClick={() => toggle('gallery')} title={t('cmd.gallery')} aria-label={t('cmd.gallery')}><Icon name="gallery" /></button>
    </div>
  )
}
