/** Where the time of the run that the open workflow shows went: its nodes, the slowest first. */

import { t, type Key } from '@/app/i18n'
import { useTabRun } from '@/run/state'
import { goTo } from './Problems'
import { memoryOf, seconds } from '@/run/saying'

export function LastRun() {
  const nodes = useTabRun((r) => r.nodes)
  const state = useTabRun((r) => r.state)
  const whole = useTabRun((r) => r.seconds)
  const timed = Object.entries(nodes).filter(([, n]) => n.seconds !== undefined && n.inner !== true).sort(([, a], [, b]) => (b.seconds ?? 0) - (a.seconds ?? 0))
  const hits = Object.values(nodes).filter((n) => n.status === 'hit' && n.inner !== true).length
  if (timed.length + hits === 0) return null
  const slowest = timed[0]?.[1].seconds ?? 1
  return (
    <section className="last-run" aria-label={t('last.label')}>
      <h3>{t('last.label')}<span>{state ? t(`state.${state}` as Key) : ''}{whole !== null ? ` · ${seconds(whole)}` : ''}</span></h3>
      <ol aria-label={t('last.slowest')}>
        {timed.map(([id, n]) => (
          <li key={id}>
            <button type="button" onClick={() => goTo(id)}>
              <span className="share" style={{ transform: `scaleX(${(n.seconds ?? 0) / slowest})` }} />
              <strong>{id}</strong>
              <span className="time">{seconds(n.seconds ?? 0)}</span>
              <span className="memory">{memoryOf(n)}</span>
            </button>
          </li>
        ))}
      </ol>
      {hits > 0 && <p className="nothing">{t('last.hits', { n: hits })}</p>}
    </section>
  )
}
