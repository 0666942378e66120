/** The newest result, large, in the corner of the canvas; while a run goes on, the picture as it forms. */

import { useState } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { isLive, useTabRun, wasStored } from '@/run/state'
import { fileUrl } from '@/run/urls'
import { openAmongAll } from './lightbox'
import { seconds } from '@/run/saying'

const KEY = 'calotype.tray'
const MORE = 4 // pictures of one run that are shown beside the first

export function Tray() {
  const newest = useTabRun((r) => r.newest)
  const preview = useTabRun((r) => Object.values(r.previews).at(-1))
  const live = useTabRun((r) => isLive(r.state))
  const waits = useTabRun((r) => r.state === 'queued')
  const stored = useTabRun((r) => wasStored(r))
  const took = useTabRun((r) => r.seconds)
  const step = useTabRun((r) => Object.values(r.nodes).find((n) => n.status === 'running' && n.total))
  const [open, setOpen] = useState(localStorage.getItem(KEY) !== 'closed')
  const [at, setAt] = useState(0)
  const shown = newest[Math.min(at, newest.length - 1)]
  if (!shown && preview === undefined) return null
  const toggle = () => {
    localStorage.setItem(KEY, open ? 'closed' : 'open')
    setOpen(!open)
  }
  const forming = live && preview !== undefined
  return (
    <section className="tray" aria-label={t('tray.label')} data-open={open || undefined} data-forming={forming || undefined}>
      <header>
        <span>{live ? (step ? t('tray.step', { done: step.done ?? 0, total: step.total ?? 0 }) : t(waits ? 'state.queued' : 'state.running')) : stored ? t('tray.stored') : took === null ? t('tray.label') : t('tray.took', { time: seconds(took) })}</span>
        <button type="button" aria-expanded={open} aria-label={t(open ? 'tray.close' : 'tray.open')} title={t(open ? 'tray.close' : 'tray.open')} onClick={toggle}><Icon name={open ? 'down' : 'gallery'} size={14} /></button>
      </header>
      {open && (
        <button type="button" className="large" disabled={!shown} aria-label={shown ? t('picture.open', { name: shown.name }) : t('node.preview')} onClick={() => shown && openAmongAll(newest, newest.indexOf(shown))}>
          <img src={forming ? preview : shown ? fileUrl(shown) : preview} alt={forming || !shown ? t('node.preview') : shown.name} draggable={false} />
          {live && step && <span className="progress" style={{ transform: `scaleX(${(step.done ?? 0) / (step.total ?? 1)})` }} />}
        </button>
      )}
      {open && newest.length > 1 && (
        <ul>
          {newest.slice(0, MORE).map((file, i) => (
            <li key={`${file.digest}${i}`}><button type="button" aria-label={t('tray.show', { name: file.name })} aria-current={i === at ? 'true' : undefined} onClick={() => setAt(i)}><img src={fileUrl(file)} alt="" /></button></li>
          ))}
          {newest.length > MORE && <li className="rest">+{newest.length - MORE}</li>}
        </ul>
      )}
    </section>
  )
}
