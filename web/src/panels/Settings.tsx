/** Settings of this page. */

import { t, type Key } from '@/app/i18n'
import { useUi, type Theme } from '@/app/ui'

const THEMES: readonly Theme[] = ['system', 'dark', 'light']

export function Settings() {
  const theme = useUi((s) => s.theme)
  const setTheme = useUi((s) => s.setTheme)
  return (
    <fieldset className="settings">
      <legend>{t('settings.theme')}</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={theme === name} onChange={() => setTheme(name)} /> {t(`settings.theme.${name}` as Key)}
        </label>
      ))}
    </fieldset>
  )
}
