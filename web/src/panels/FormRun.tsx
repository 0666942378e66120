/** The run, at the foot of the form. */

import { stop } from '@/app/commands'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { submit } from '@/run/running'
import { useTabRun } from '@/run/state'

export function FormRun() {
  const problems = useTabRun((r) => r.problems.length)
  const live = useTabRun((r) => r.state === 'running' || r.state === 'queued')
  if (problems > 0) return <footer className="form-run"><button type="button" className="primary broken" onClick={() => useUi.getState().show({ side: 'problems' })}><Icon name="alert" />{t('run.blocked', { n: problems })}</button></footer>
  return (
    <footer className="form-run">
      <button type="button" className="primary" onClick={() => void submit()}><Icon name="play" />{t('form.run')}</button>
      {live && <button type="button" className="stop" aria-label={t('form.stop')} onClick={stop}><Icon name="stop" /></button>}
    </footer>
  )
}
