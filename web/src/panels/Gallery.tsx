/** Every picture that runs made, newest first, with search over prompts, models and node types. */

import { useCallback, useEffect, useState } from 'react'
import { t } from '@/app/i18n'
import { ask } from '@/run/api'
import { useQueue } from '@/run/queue'
import type { RunView } from '@/run/running'
import { fileUrl } from '@/run/urls'
import { openLightbox } from './lightbox'

const PAGE = 40

export function Gallery() {
  const [search, setSearch] = useState('')
  const [runs, setRuns] = useState<readonly RunView[]>([])
  const [next, setNext] = useState('')
  const busy = useQueue((s) => s.running.length + s.waiting.length)
  const load = useCallback(async (cursor: string, words: string) => {
    const query = new URLSearchParams({ state: 'succeeded', limit: String(PAGE), search: words, ...(cursor ? { cursor } : {}) })
    const { data } = await ask<{ runs: RunView[]; next: string }>(`/v1/runs?${query.toString()}`)
    setRuns((before) => (cursor ? [...before, ...data.runs] : data.runs))
    setNext(data.next)
  }, [])
  useEffect(() => {
    const timer = setTimeout(() => void load('', search), 150)
    return () => clearTimeout(timer)
  }, [load, search, busy])
  const files = runs.flatMap((run) => run.files.filter((f) => f.media_type.startsWith('image/')).map((file) => ({ ...file, run: run.id })))
  return (
    <div className="gallery">
      <input type="search" value={search} placeholder={t('gallery.search')} aria-label={t('gallery.search')} onChange={(e) => setSearch(e.target.value)} />
      {files.length === 0 && <p className="nothing">{t(search ? 'gallery.nothing' : 'gallery.empty')}</p>}
      <ul>
        {files.map((file, i) => (
          <li key={`${file.run}${file.digest}${i}`}>
            <button type="button" aria-label={t('picture.open', { name: file.name })} onClick={() => openLightbox(files, i)}>
              <img src={fileUrl(file)} alt={file.name} loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      {next && <button type="button" onClick={() => void load(next, search)}>{t('gallery.more')}</button>}
    </div>
  )
}
