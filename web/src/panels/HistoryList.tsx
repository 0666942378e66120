/** Every step since the document was opened, and every version that was saved; a click goes to it. */

import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { Versions } from './Versions'

export function HistoryList() {
  return (
    <div className="past">
      <section aria-label={t('history.steps')}>
        <h3>{t('history.steps')}</h3>
        <Steps />
      </section>
      <section aria-label={t('history.versions')}>
        <h3>{t('history.versions')}</h3>
        <Versions />
      </section>
    </div>
  )
}

function Steps() {
  const history = useEditor((s) => activeTab(s)?.history)
  if (!history) return null
  const steps = [...history.past.map((s) => s.label), ...history.future.map((s) => s.label)]
  const now = history.past.length
  const { travel } = useEditor.getState()
  return (
    <ol className="steps">
      <li><button type="button" aria-current={now === 0 ? 'step' : undefined} onClick={() => travel(0)}>{t('history.begin')}</button></li>
      {steps.map((label, i) => (
        <li key={i} data-future={i >= now || undefined}>
          <button type="button" aria-current={now === i + 1 ? 'step' : undefined} onClick={() => travel(i + 1)}>{label}</button>
        </li>
      ))}
    </ol>
  )
}
