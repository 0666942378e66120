/** The address of the page names the open document, so that it can be shared; back and forward go between documents. */

import { activeTab, isDirty, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { messageOf, openNamed } from './documents'

const NAME = 'workflow'

/** The document that the address names. */
export function wanted(): string | null {
  return new URLSearchParams(location.search).get(NAME)
}

function nameOf(tab: Tab | undefined): string | null {
  return tab?.name ?? tab?.source ?? tab?.reading?.name ?? null
}

export function titleOf(tab: Tab): string {
  if (tab.reading) return t('reading.title', { name: tab.reading.name, number: tab.reading.revision })
  return tab.name ?? tab.history.document.name ?? t('document.untitled')
}

/** The address under which a document is opened. */
export function linkTo(name: string): string {
  const query = new URLSearchParams(location.search)
  query.set(NAME, name)
  return `${location.origin}/?${query.toString()}`
}

/** Keep address and title in step with the open document. The function ends it. */
export function followAddress(): () => void {
  let shown = useEditor.getState().active
  const write = () => {
    const tab = activeTab(useEditor.getState())
    document.title = tab ? `${isDirty(tab) ? '• ' : ''}${titleOf(tab)} – Calotype` : 'Calotype'
    const name = nameOf(tab)
    const other = shown !== (tab?.id ?? '')
    shown = tab?.id ?? ''
    if (name === wanted() && (history.state as { tab?: string } | null)?.tab === shown) return
    const query = new URLSearchParams(location.search)
    if (name === null) query.delete(NAME)
    else query.set(NAME, name)
    const address = query.size > 0 ? `/?${query.toString()}` : '/'
    if (other) history.pushState({ tab: shown }, '', address)
    else history.replaceState({ tab: shown }, '', address)
  }
  const back = (e: PopStateEvent) => {
    const { tabs, activate } = useEditor.getState()
    const id = (e.state as { tab?: string } | null)?.tab
    const name = wanted()
    const known = tabs.find((tab) => tab.id === id) ?? tabs.find((tab) => name !== null && nameOf(tab) === name)
    if (known) {
      shown = known.id
      activate(known.id)
    } else if (name !== null) openNamed(name).catch((error: unknown) => useUi.getState().tell('bad', messageOf(error)))
  }
  write()
  window.addEventListener('popstate', back)
  const unsubscribe = useEditor.subscribe((state, before) => { if (state.tabs !== before.tabs || state.active !== before.active) write() })
  return () => {
    unsubscribe()
    window.removeEventListener('popstate', back)
  }
}
