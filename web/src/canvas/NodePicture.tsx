/** The picture area of a node: what it made last, or the file that it names. */

import { useTabRun, type FileView } from '@/run/state'
import { t } from '@/app/i18n'
import type { NodeJson } from '@/model/document'
import { fileUrl, inputUrl } from '@/run/urls'
import { openLightbox } from '@/panels/lightbox'

const NONE: readonly FileView[] = []

export function NodePicture({ flat, node, top, height }: { id: string; flat: string; node: NodeJson; top: number; height: number }) {
  const files = useTabRun((r) => r.files[flat]) ?? NONE
  const named = fileNamed(node)
  const pictures = files.filter((f) => f.media_type.startsWith('image/'))
  return (
    <div className="picture nodrag" style={{ top, height: height - 10 }} data-count={pictures.length}>
      {pictures.length > 0 ? (
        pictures.slice(0, 9).map((file, i) => (
          <button key={`${file.digest}${i}`} type="button" onClick={() => openLightbox(pictures, i)} aria-label={t('picture.open', { name: file.name })}>
            <img src={fileUrl(file)} alt={file.name} draggable={false} loading="lazy" />
          </button>
        ))
      ) : named !== null ? (
        <img src={inputUrl(named)} alt={named} draggable={false} />
      ) : (
        <span className="empty">{t('picture.none')}</span>
      )}
    </div>
  )
}

function fileNamed(node: NodeJson): string | null {
  if (!node.type.startsWith('Load')) return null
  const value = node.inputs?.image ?? node.inputs?.file
  if (typeof value === 'string') return value || null
  const file = typeof value === 'object' && value !== null && !Array.isArray(value) ? value.file : null
  return typeof file === 'string' ? file : null
}
