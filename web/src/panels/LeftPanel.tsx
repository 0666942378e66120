/** The panel at the left: node types, outline, form or history. */

import { t, type Key } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { FormView } from './FormView'
import { HistoryList } from './HistoryList'
import { NodeLibrary } from './NodeLibrary'
import { Outline } from './Outline'

const PANELS = { library: NodeLibrary, outline: Outline, form: FormView, history: HistoryList }

export function LeftPanel() {
  const panel = useUi((s) => s.panel)
  if (panel === null) return null
  const Chosen = PANELS[panel]
  return (
    <aside className="panel left" aria-label={t(`panel.${panel}` as Key)} id={panel}>
      <header>
        <h2>{t(`panel.${panel}` as Key)}</h2>
        <button type="button" aria-label={t('panel.close')} onClick={() => useUi.getState().show({ panel: null })}><Icon name="close" size={14} /></button>
      </header>
      <Chosen />
    </aside>
  )
}
