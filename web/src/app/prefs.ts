/** What a user set on this page: kept by the browser, never part of a workflow. */

import { create } from 'zustand'

export interface Prefs {
  language: string
  /** Whether the sampler's pictures are shown while it works. */
  previews: boolean
  wheel: 'zoom' | 'pan'
  snap: boolean
  motion: 'system' | 'less'
  /** What a small screen begins with. */
  first: 'form' | 'graph'
  /** Hints that were put away. */
  hints: readonly string[]
}

const KEY = 'calotype.settings'
const USUAL: Prefs = { language: 'en', previews: true, wheel: 'zoom', snap: false, motion: 'system', first: 'form', hints: [] }

function kept(): Prefs {
  try {
    return { ...USUAL, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>) }
  } catch {
    return USUAL // somebody else's text under our key
  }
}

export const usePrefs = create<Prefs>()(kept)

export function setPrefs(change: Partial<Prefs>): void {
  usePrefs.setState(change)
  localStorage.setItem(KEY, JSON.stringify(usePrefs.getState()))
}

/** Put a hint away for good; settings bring all of them back. */
export function putAway(hint: string): void {
  const { hints } = usePrefs.getState()
  if (!hints.includes(hint)) setPrefs({ hints: [...hints, hint] })
}

/** A screen on which one thing at a time is shown. */
export function isSmall(): boolean {
  return matchMedia('(max-width: 720px)').matches
}
