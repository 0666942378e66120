/** What runs the open workflow: once or several times, as edits are made, or over many values. */

import { useState } from 'react'
import { isLive, useTabRun } from '@/run/state'
import { toggleLive, useLive } from '@/run/live'
import { cancel, submit } from '@/run/running'
import { activeTab, useEditor } from './editor'
import { t } from './i18n'
import { Icon } from './Icon'
import { useUi } from './ui'

const MOST = 99

export function RunBox() {
  const [count, setCount] = useState('1')
  const active = useEditor((s) => s.active)
  const problems = useTabRun((r) => r.problems.length)
  const state = useTabRun((r) => r.state)
  const run = useTabRun((r) => r.run)
  const empty = useEditor((s) => Object.keys(activeTab(s)?.history.document.nodes ?? {}).length === 0)
  const live = useLive((s) => s.tabs.has(active))
  const times = Math.min(MOST, Math.max(1, Math.round(Number(count)) || 1))
  const going = isLive(state) && run !== null
  const stop = () => {
    if (live) toggleLive(active)
    if (run !== null) void cancel(run)
  }
  return (
    <div className="run" data-live={going || undefined}>
      {problems > 0 ? (
        <button type="button" className="primary broken" onClick={() => useUi.getState().show({ side: 'problems' })}><Icon name="alert" />{t('run.blocked', { n: problems })}</button>
      ) : (
        <button type="button" className="primary" disabled={empty} title={t(empty ? 'run.empty' : 'run.how')} onClick={() => void submit(times > 1 ? { count: times } : {})}><Icon name="play" />{t('run.go')}</button>
      )}
      <input type="number" min={1} max={MOST} value={count} aria-label={t('run.count')} title={t('run.count')} onChange={(e) => setCount(e.target.value)} onBlur={() => setCount(String(times))} />
      <button type="button" className="live" aria-pressed={live} title={t('run.live.why')} onClick={() => toggleLive(active)}><span className="lamp" />{t('run.live')}</button>
      <button type="button" className="sweep-open" aria-label={t('sweep.title')} title={t('sweep.title')} onClick={() => useUi.getState().show({ dialog: 'sweep' })}><Icon name="library" /></button>
      {going && <button type="button" className="stop" aria-label={t('cmd.stop')} title={t('cmd.stop')} onClick={stop}><Icon name="stop" /></button>}
    </div>
  )
}
