/** A run that had nothing to compute gives the picture of before: that is said, and how to get another one. */

import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { drawSeed, seedsOf, setSeeds } from '@/widgets/seeds'
import { askedAlone, submit } from './running'
import { isLive, tabRun, useRuns, wasStored } from './state'

/** Listen for such runs. The function ends it. */
export function watchUnchanged(): () => void {
  return useRuns.subscribe((now, before) => {
    const tab = useEditor.getState().active
    const run = now.tabs[tab]
    const was = before.tabs[tab]
    if (run && was && run !== was && isLive(was.state) && wasStored(run) && run.run !== null && askedAlone(run.run)) say(tab)
  })
}

function say(tab: string): void {
  const { tabs, catalogue } = useEditor.getState()
  const document = tabs.find((x) => x.id === tab)?.history.document
  if (!document || tabRun(tab).newest.length === 0) return
  const fixed = seedsOf(document, catalogue).filter((s) => s.mode === 'fixed')
  const another = () => {
    if (useEditor.getState().active !== tab) return
    useEditor.getState().edit(t('step.seed'), (draft) => setSeeds(draft, fixed.map((s) => ({ ...s, value: drawSeed() }))))
    void submit()
  }
  useUi.getState().tell('note', t('run.unchanged'), fixed.length > 0 ? { label: t('run.unchanged.seed'), run: another } : undefined)
}
