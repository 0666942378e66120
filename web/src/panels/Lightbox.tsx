/** Pictures, large: looked at closely, compared, and traced back to what made them. */

import { useEffect, useRef, useState } from 'react'
import { t } from '@/app/i18n'
import { Icon, type IconName } from '@/app/Icon'
import type { FileView } from '@/run/state'
import { downloadUrl, fileUrl } from '@/run/urls'
import { closeLightbox, toggleCompare, turn, useLightbox } from './lightbox'
import { PictureDetails } from './PictureDetails'
import { FIT, zoomed, ZoomPane, type Zoom } from './ZoomPane'

const STEP = 1.4

export function Lightbox() {
  const file = useLightbox((s) => s.files[s.at])
  return file ? <Open /> : null
}

function Open() {
  const { files, at, other, how, details } = useLightbox()
  const [zoom, setZoom] = useState<Zoom>(FIT)
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = box.current
    dialog?.showModal() // above every other dialog, which may have opened it
    return () => dialog?.close()
  }, [])
  useKeys(setZoom)
  const file = files[at]
  if (!file) return null
  const second = other === null ? null : (files[other] ?? null)
  return (
    <dialog ref={box} className="lightbox" aria-modal="true" aria-label={t('lightbox.label', { name: file.name })} data-details={details || undefined}
      onCancel={(e) => { e.preventDefault(); closeLightbox() }}>
      <Bar file={file} zoom={zoom} setZoom={setZoom} />
      <ZoomPane file={file} other={second} how={how} zoom={zoom} setZoom={setZoom} />
      {details && <PictureDetails key={file.run} file={file} other={second} />}
      {files.length > 1 && <Strip />}
    </dialog>
  )
}

function useKeys(setZoom: (change: (now: Zoom) => Zoom) => void): void {
  useEffect(() => {
    const keys: Record<string, () => void> = {
      ArrowRight: () => turn(1), ArrowLeft: () => turn(-1), Escape: closeLightbox,
      '+': () => setZoom((z) => zoomed(z, STEP, 0, 0)), '=': () => setZoom((z) => zoomed(z, STEP, 0, 0)), '-': () => setZoom((z) => zoomed(z, 1 / STEP, 0, 0)),
      '0': () => setZoom(() => FIT), c: toggleCompare,
      w: () => useLightbox.setState(({ how }) => ({ how: how === 'wipe' ? 'side' : 'wipe' })),
      i: () => useLightbox.setState(({ details }) => ({ details: !details })),
    }
    const onKey = (e: KeyboardEvent) => {
      const writing = e.target instanceof HTMLInputElement || e.target instanceof HTMLTextAreaElement
      const act = e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || (writing && e.key !== 'Escape') ? undefined : keys[e.key.length === 1 ? e.key.toLowerCase() : e.key]
      if (!act) return
      e.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [setZoom])
}

function Bar({ file, zoom, setZoom }: { file: FileView; zoom: Zoom; setZoom: (change: (now: Zoom) => Zoom) => void }) {
  const { files, at, other, how, details } = useLightbox()
  return (
    <header className="bar-top">
      <p className="title"><strong>{file.name}</strong><span>{t('lightbox.place', { at: at + 1, of: files.length })}</span></p>
      <div className="group">
        <Tool icon="back" label={t('lightbox.before')} onClick={() => turn(-1)} disabled={files.length < 2} />
        <Tool icon="right" label={t('lightbox.next')} onClick={() => turn(1)} disabled={files.length < 2} />
      </div>
      <div className="group">
        <button type="button" title={t('lightbox.fit')} aria-label={t('lightbox.fit')} onClick={() => setZoom(() => FIT)}><Icon name="fit" /></button>
        <span className="scale" aria-live="polite">{zoom.scale === 1 ? t('lightbox.fitted') : `${Math.round(zoom.scale * 100)} %`}</span>
      </div>
      <div className="group">
        <Tool icon="compare" label={t('lightbox.compare')} pressed={other !== null} onClick={toggleCompare} disabled={files.length < 2} />
        {other !== null && (
          <button type="button" onClick={() => useLightbox.setState({ how: how === 'wipe' ? 'side' : 'wipe' })}>{t(how === 'wipe' ? 'compare.side' : 'compare.wipe')}</button>
        )}
      </div>
      <div className="group">
        <a className="tool" href={downloadUrl(file)} download={file.name} aria-label={t('picture.download')} title={t('picture.download')}><Icon name="download" /></a>
        <Tool icon="outline" label={t('lightbox.details')} pressed={details} onClick={() => useLightbox.setState({ details: !details })} />
        <Tool icon="close" label={t('dialog.close')} onClick={closeLightbox} />
      </div>
    </header>
  )
}

function Tool({ icon, label, pressed, ...rest }: { icon: IconName; label: string; pressed?: boolean; disabled?: boolean; onClick: () => void }) {
  return <button type="button" title={label} aria-label={label} aria-pressed={pressed} {...rest}><Icon name={icon} /></button>
}

/** The other pictures: a click shows one; while two are compared it chooses the second. */
function Strip() {
  const { files, at, other } = useLightbox()
  const choose = (i: number) => useLightbox.setState(other === null ? { at: i } : { other: i })
  return (
    <ul className="strip" aria-label={t('lightbox.strip')}>
      {files.map((file, i) => (
        <li key={`${file.run ?? ''}${file.digest}${i}`}>
          <button type="button" aria-label={t('picture.open', { name: file.name })} aria-current={i === at ? 'true' : undefined} data-other={i === other || undefined} onClick={() => choose(i)}
            ref={(el) => { if (i === at) el?.scrollIntoView({ block: 'nearest', inline: 'nearest' }) }}>
            <img src={fileUrl(file)} alt="" loading="lazy" />
          </button>
        </li>
      ))}
    </ul>
  )
}
