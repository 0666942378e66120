/** The narrow bar at the left: panels, and at the end help and settings. */

import { COMMANDS } from './commands'
import { shownKeys } from './keys'
import { t } from './i18n'
import { Icon, type IconName } from './Icon'
import { useUi } from './ui'

const PANELS: readonly { id: string; icon: IconName }[] = [
  { id: 'library', icon: 'add' }, { id: 'outline', icon: 'outline' }, { id: 'form', icon: 'form' }, { id: 'history', icon: 'history' },
]
const LAST: readonly { id: string; icon: IconName }[] = [{ id: 'help', icon: 'help' }, { id: 'settings', icon: 'settings' }]

export function Rail() {
  const panel = useUi((s) => s.panel)
  const side = useUi((s) => s.side)
  const button = ({ id, icon }: { id: string; icon: IconName }) => {
    const command = COMMANDS.find((c) => c.id === id)
    if (!command) return null
    const label = t(command.label)
    return (
      <button key={id} type="button" aria-label={label} aria-pressed={panel === id} title={`${label} (${shownKeys(command.keys[0] ?? '')})`} onClick={() => command.run('')}>
        <Icon name={icon} size={18} />
      </button>
    )
  }
  return (
    <nav className="rail" aria-label={t('rail.label')}>
      <button type="button" className="only-small" aria-label={t('rail.graph')} aria-pressed={panel === null && side === null} onClick={() => useUi.getState().show({ panel: null, side: null })}><Icon name="graph" size={18} /></button>
      {PANELS.map(button)}
      <span className="gap" />
      {LAST.map(button)}
    </nav>
  )
}
