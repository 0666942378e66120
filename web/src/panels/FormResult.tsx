/** What the workflow made last, and what it makes now. */

import { useMemo } from 'react'
import { t } from '@/app/i18n'
import { useTabRun, type FileView } from '@/run/state'
import { fileUrl } from '@/run/urls'
import { openAmongAll } from './lightbox'

const MOST = 4

export function FormResult() {
  const made = useTabRun((r) => r.files)
  const live = useTabRun((r) => r.state === 'running' || r.state === 'queued')
  const state = useTabRun((r) => r.state)
  const nodes = useTabRun((r) => r.nodes)
  const previews = useTabRun((r) => r.previews)
  const pictures = useMemo((): FileView[] => {
    const all = Object.values(made).flat().filter((f) => f.media_type.startsWith('image/'))
    const kept = all.filter((f) => f.kept)
    return kept.length > 0 ? kept : all
  }, [made])
  const running = Object.entries(nodes).find(([, n]) => n.status === 'running' && n.inner !== true)
  const preview = running && previews[running[0]]
  const shown = live && preview ? [] : pictures.slice(0, MOST)
  if (!live && pictures.length === 0) return null
  return (
    <section className="form-result" aria-label={t('form.result')} data-live={live || undefined} data-count={shown.length}>
      {live && preview ? <img src={preview} alt={t('node.preview')} /> : null}
      {shown.map((file, i) => (
        <button key={`${file.digest}${i}`} type="button" aria-label={t('picture.open', { name: file.name })} onClick={() => openAmongAll(pictures, i)}>
          <img src={fileUrl(file)} alt={file.name} />
        </button>
      ))}
      {live && <Progress state={state} done={running?.[1].done} total={running?.[1].total} />}
    </section>
  )
}

function Progress({ state, done, total }: { state: string; done: number | undefined; total: number | undefined }) {
  if (state === 'queued') return <p className="waiting">{t('form.waiting')}</p>
  return <progress aria-label={t('queue.progress')} max={1} value={total ? (done ?? 0) / total : undefined} />
}
