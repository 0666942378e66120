/** Settings of this page: kept in this browser, for every workflow. */

import type { ReactNode } from 'react'
import { speak, t, type Key } from '@/app/i18n'
import { setPrefs, usePrefs } from '@/app/prefs'
import { useUi, type Theme } from '@/app/ui'

const THEMES: readonly Theme[] = ['system', 'dark', 'light']
const LANGUAGES = ['en', 'pseudo'] as const

export function Settings() {
  const theme = useUi((s) => s.theme)
  const prefs = usePrefs()
  return (
    <div className="settings">
      <Choice name="theme" values={THEMES} value={theme} choose={(v) => useUi.getState().setTheme(v)} />
      <Choice name="wheel" values={['zoom', 'pan'] as const} value={prefs.wheel} choose={(wheel) => setPrefs({ wheel })} />
      <Choice name="first" values={['form', 'graph'] as const} value={prefs.first} choose={(first) => setPrefs({ first })} />
      <Choice name="motion" values={['system', 'less'] as const} value={prefs.motion} choose={(motion) => setPrefs({ motion })} />
      <Choice name="language" values={LANGUAGES} value={prefs.language === 'pseudo' ? 'pseudo' : 'en'} choose={speakFrom} />
      <Switch name="previews" on={prefs.previews} turn={(previews) => setPrefs({ previews })} />
      <Switch name="snap" on={prefs.snap} turn={(snap) => setPrefs({ snap })} />
      <Line name="hints">
        <button type="button" className="plain" disabled={prefs.hints.length === 0} onClick={() => setPrefs({ hints: [] })}>{t('settings.hints.reset')}</button>
      </Line>
    </div>
  )
}

/** Another language takes a fresh page: words are read while it is made. */
function speakFrom(language: string): void {
  setPrefs({ language })
  speak(language)
  location.reload()
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="setting">
      <div className="words">
        <b>{t(`settings.${name}` as Key)}</b>
        <p>{t(`settings.${name}.why` as Key)}</p>
      </div>
      {children}
    </div>
  )
}

interface ChoiceProps<T extends string> {
  name: string
  values: readonly T[]
  value: T
  choose: (value: T) => void
}

function Choice<T extends string>({ name, values, value, choose }: ChoiceProps<T>) {
  return (
    <Line name={name}>
      <div className="segments" role="radiogroup" aria-label={t(`settings.${name}` as Key)}>
        {values.map((one) => (
          <label key={one}>
            <input type="radio" name={name} checked={value === one} onChange={() => choose(one)} />
            <span>{t(`settings.${name}.${one}` as Key)}</span>
          </label>
        ))}
      </div>
    </Line>
  )
}

function Switch({ name, on, turn }: { name: string; on: boolean; turn: (on: boolean) => void }) {
  return (
    <Line name={name}>
      <label className="switch"><input type="checkbox" role="switch" checked={on} aria-label={t(`settings.${name}` as Key)} onChange={(e) => turn(e.target.checked)} /></label>
    </Line>
  )
}
