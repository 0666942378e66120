/** The queue: what runs, what waits, in which order. */

import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { ask } from '@/run/api'
import { pause, useQueue } from '@/run/queue'
import { cancel, type RunView } from '@/run/running'

export function QueuePanel() {
  const { paused, running, waiting, progress } = useQueue()
  return (
    <div className="queue">
      <button type="button" aria-pressed={paused} onClick={() => void tried(pause(!paused))}>
        <Icon name={paused ? 'play' : 'pause'} size={14} />
        {t(paused ? 'queue.resume' : 'queue.pause')}
      </button>
      {running.length + waiting.length === 0 && <p className="nothing">{t('queue.empty')}</p>}
      <ul aria-label={t('queue.running')}>
        {running.map((run) => <Row key={run.id} run={run} progress={progress[run.id]} />)}
      </ul>
      <ol aria-label={t('queue.waiting')}>
        {waiting.map((run, i) => <Row key={run.id} run={run} before={waiting[i - 1]?.id} />)}
      </ol>
    </div>
  )
}

function Row({ run, progress, before }: { run: RunView; progress?: { done: number; total: number } | undefined; before?: string | undefined }) {
  return (
    <li data-run={run.id}>
      <span className="name">{run.name || run.id.slice(0, 8)}</span>
      {progress && progress.total > 0 && <progress value={progress.done} max={progress.total} aria-label={t('queue.progress')} />}
      {before !== undefined && (
        <button type="button" aria-label={t('queue.up', { name: run.name })} onClick={() => void tried(ask(`/v1/runs/${run.id}/move`, { method: 'POST', body: { before } }))}><Icon name="back" size={12} /></button>
      )}
      <button type="button" aria-label={t('queue.cancel', { name: run.name })} onClick={() => void cancel(run.id)}><Icon name="close" size={12} /></button>
    </li>
  )
}

async function tried(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
  }
}
