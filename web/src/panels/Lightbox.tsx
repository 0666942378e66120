/** One picture, large: arrows go to the next, Escape closes. */

import { useEffect } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { fileUrl } from '@/run/urls'
import { closeLightbox, useLightbox } from './lightbox'

export function Lightbox() {
  const { files, at } = useLightbox()
  const file = files[at]
  useEffect(() => {
    if (!file) return
    const onKey = (e: KeyboardEvent) => {
      const way = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
      if (way !== 0) useLightbox.setState({ at: (at + way + files.length) % files.length })
      else if (e.key === 'Escape') closeLightbox()
      else return
      e.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [file, at, files.length])
  if (!file) return null
  return (
    <div className="lightbox" role="dialog" aria-modal="true" aria-label={file.name} onClick={(e) => e.target === e.currentTarget && closeLightbox()}>
      <img src={fileUrl(file)} alt={file.name} />
      <footer>
        <span>{file.name}</span>
        <a href={fileUrl(file)} download={file.name}><Icon name="download" /> {t('picture.download')}</a>
        <button type="button" autoFocus onClick={closeLightbox}>{t('dialog.close')}</button>
      </footer>
    </div>
  )
}
