/** The picture area of a node: what it made last, or the file that it names. */

import { useState } from 'react'
import { useTabRun, type FileView } from '@/run/state'
import { t } from '@/app/i18n'
import type { NodeJson } from '@/model/document'
import { fileUrl, inputUrl } from '@/run/urls'
import { openAmongAll } from '@/panels/lightbox'

const NONE: readonly FileView[] = []
const MOST = 9

export function NodePicture({ flat, node, top, height }: { id: string; flat: string; node: NodeJson; top: number; height: number }) {
  const files = useTabRun((r) => r.files[flat]) ?? NONE
  const named = fileNamed(node)
  const pictures = files.filter((f) => f.media_type.startsWith('image/'))
  return (
    <div className="picture nodrag" style={{ top, height: height - 10, ['--columns' as string]: Math.ceil(Math.sqrt(Math.min(MOST, pictures.length))) || 1 }}>
      {pictures.length > 0 ? (
        pictures.slice(0, MOST).map((file, i) => (
          <button key={`${file.digest}${i}`} type="button" onClick={() => openAmongAll(pictures, i)} aria-label={t('picture.open', { name: file.name })}>
            <img src={fileUrl(file)} alt={file.name} draggable={false} loading="lazy" />
            {i === MOST - 1 && pictures.length > MOST && <span className="rest">+{pictures.length - MOST}</span>}
          </button>
        ))
      ) : named !== null ? (
        <Named key={named} name={named} />
      ) : (
        <span className="empty">{t('picture.none')}</span>
      )}
    </div>
  )
}

/** The file that a node names, if it is there. */
function Named({ name }: { name: string }) {
  const [missing, setMissing] = useState(false)
  if (missing) return <span className="empty">{t('picture.missing')}</span>
  return <img src={inputUrl(name)} alt={name} draggable={false} onError={() => setMissing(true)} />
}

function fileNamed(node: NodeJson): string | null {
  if (!node.type.startsWith('Load')) return null
  const value = node.inputs?.image ?? node.inputs?.file
  if (typeof value === 'string') return value || null
  const file = typeof value === 'object' && value !== null && !Array.isArray(value) ? value.file : null
  return typeof file === 'string' ? file : null
}
