/** What to do first: over a template for who opens the page for the first time, and over an empty sheet. */

import { openPalette } from './commands'
import { activeTab, currentSheet, useEditor } from './editor'
import { t } from './i18n'
import { Icon } from './Icon'
import { putAway, usePrefs } from './prefs'

const FIRST = 'first'

export function Hint() {
  const empty = useEditor((s) => { const tab = activeTab(s); return tab !== undefined && Object.keys(currentSheet(tab).nodes).length === 0 })
  return empty ? <Empty /> : <First />
}

/** Over a sheet without nodes: how the first one comes. */
function Empty() {
  const touch = matchMedia('(pointer: coarse)').matches
  return (
    <aside className="empty-hint" aria-label={t('hint.empty')}>
      <h2>{t('hint.empty')}</h2>
      <p>{t(touch ? 'hint.empty.touch' : 'hint.empty.how')}</p>
      <button type="button" onClick={openPalette}><Icon name="add" />{t('cmd.palette')}</button>
    </aside>
  )
}

function First() {
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
