/** While files are dragged over the page: that they may be let go, and what becomes of them. */

import { useEffect, useState } from 'react'
import { t } from './i18n'
import { Icon } from './Icon'

export function DropHere() {
  const [over, setOver] = useState(false)
  useEffect(() => {
    const events = new AbortController()
    const { signal } = events
    window.addEventListener('dragenter', (e) => setOver(e.dataTransfer?.types.includes('Files') === true), { signal })
    window.addEventListener('dragleave', (e) => { if (e.relatedTarget === null) setOver(false) }, { signal })
    window.addEventListener('drop', () => setOver(false), { signal, capture: true })
    return () => events.abort()
  }, [])
  return over ? <p className="drop-here"><Icon name="upload" />{t('drop.here')}</p> : null
}
