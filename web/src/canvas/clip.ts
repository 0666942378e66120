/** Copy and paste from menus: the keys come as events of the browser, menus ask the clipboard itself. */

import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import * as act from './actions'
import { canvas } from './gestures'
import { middleOfStage } from './places'

export async function copy(cut = false): Promise<void> {
  const text = act.copySelected()
  if (text === null) return
  try {
    await navigator.clipboard.writeText(text)
    if (cut) act.removeSelected()
    useUi.getState().announce(t('said.copied'))
  } catch {
    useUi.getState().tell('note', t('clip.keys'))
  }
}

/** Paste where the pointer was. Browsers may refuse to tell what is on the clipboard: the keys always work. */
export async function paste(keepLinks: boolean): Promise<void> {
  const shown = canvas()
  if (!shown) return
  try {
    const text = await navigator.clipboard.readText()
    const at = document.querySelector('.stage:hover') ? shown.pointer : middleOfStage()
    if (!act.paste(text, shown.rf.screenToFlowPosition(at), keepLinks)) useUi.getState().tell('note', t('clip.nothing'))
  } catch {
    useUi.getState().tell('note', t('clip.keys'))
  }
}
