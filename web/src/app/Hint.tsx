/** What to do first, over a template, for who opens the page for the first time; put away it stays away. */

import { activeTab, useEditor } from './editor'
import { t } from './i18n'
import { putAway, usePrefs } from './prefs'

const FIRST = 'first'

export function Hint() {
  const away = usePrefs((s) => s.hints.includes(FIRST))
  const template = useEditor((s) => activeTab(s)?.template === true)
  if (away || !template) return null
  const touch = matchMedia('(pointer: coarse)').matches
  return (
    <aside className="first-hint" aria-label={t('hint.first')}>
      <ol>
        <li>{t('hint.first.run')}</li>
        <li>{t(touch ? 'hint.first.touch' : 'hint.first.add')}</li>
        <li>{t(touch ? 'hint.first.form' : 'hint.first.drop')}</li>
      </ol>
      <button type="button" onClick={() => putAway(FIRST)}>{t('hint.away')}</button>
    </aside>
  )
}
