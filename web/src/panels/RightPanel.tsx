/** The panel at the right: pictures, the queue or problems. */

import { t, type Key } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { Gallery } from './Gallery'
import { Problems } from './Problems'
import { QueuePanel } from './QueuePanel'

const SIDES = { gallery: Gallery, queue: QueuePanel, problems: Problems }

export function RightPanel() {
  const side = useUi((s) => s.side)
  if (side === null) return null
  const Chosen = SIDES[side]
  return (
    <aside className="panel right" aria-label={t(`panel.${side}` as Key)}>
      <header>
        <h2>{t(`panel.${side}` as Key)}</h2>
        <button type="button" aria-label={t('panel.close')} onClick={() => useUi.getState().show({ side: null })}><Icon name="close" size={14} /></button>
      </header>
      <Chosen />
    </aside>
  )
}
