/** Everything that runs made, newest first: found by words, seed, model and node type; sweeps as one tile each. */

import { useCallback, useEffect, useState } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { ask } from '@/run/api'
import { isPicture } from '@/run/events'
import { useQueue } from '@/run/queue'
import type { RunView } from '@/run/running'
import type { FileView } from '@/run/state'
import { downloadUrl, fileUrl } from '@/run/urls'
import { useUi } from '@/app/ui'
import { openLightbox } from './lightbox'
import { queryOf } from './searching'

const PAGE = 60
const REST = 150

interface Tile {
  key: string
  /** Place of its picture among all. */
  at: number
  file: FileView
  group: string
  count: number
}

export function Gallery() {
  const [search, setSearch] = useState('')
  const { runs, next, failed, more } = useFound(search)
  const files = runs.flatMap((run) => run.files.map((file): FileView => ({ ...file, run: run.id })))
  const pictures = files.filter(isPicture)
  const others = files.filter((f) => !isPicture(f))
  return (
    <div className="gallery">
      <input type="search" value={search} placeholder={t('gallery.search')} aria-label={t('gallery.search')} title={t('gallery.search.how')} onChange={(e) => setSearch(e.target.value)} />
      {failed && <p className="problem" role="status">{failed}</p>}
      {files.length === 0 && !failed && <p className="nothing">{t(search ? 'gallery.nothing' : 'gallery.empty')}</p>}
      <ul aria-label={t('panel.gallery')}>
        {tilesOf(runs, pictures).map((tile) => (
          <li key={tile.key} data-group={tile.group || undefined}>
            {tile.group ? (
              <button type="button" aria-label={t('gallery.group', { n: tile.count })} onClick={() => useUi.getState().show({ dialog: `group:${tile.group}` })}>
                <img src={fileUrl(tile.file)} alt="" loading="lazy" /><span className="badge"><Icon name="library" size={12} />{tile.count}</span>
              </button>
            ) : (
              <button type="button" aria-label={t('picture.open', { name: tile.file.name })} onClick={() => openLightbox(pictures, tile.at)}>
                <img src={fileUrl(tile.file)} alt="" loading="lazy" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <ul className="others" aria-label={t('gallery.others')}>
          {others.map((file, i) => <li key={`${file.digest}${i}`}><a href={downloadUrl(file)} download={file.name}><Icon name="download" size={14} />{file.name}</a></li>)}
        </ul>
      )}
      {next && <button type="button" className="more" onClick={more}>{t('gallery.more')}</button>}
    </div>
  )
}

/** The runs that a search finds; looked for again whenever a run ended. */
function useFound(search: string) {
  const [runs, setRuns] = useState<readonly RunView[]>([])
  const [next, setNext] = useState('')
  const [failed, setFailed] = useState('')
  const ended = useQueue((s) => s.ended)
  const load = useCallback(async (cursor: string, words: string, wanted: () => boolean) => {
    try {
      const query = new URLSearchParams({ ...queryOf(words), limit: String(PAGE), ...(cursor ? { cursor } : {}) })
      const { data } = await ask<{ runs: RunView[]; next: string }>(`/v1/runs?${query.toString()}`)
      if (!wanted()) return
      setRuns((before) => (cursor ? [...before, ...data.runs] : data.runs))
      setNext(data.next)
      setFailed('')
    } catch (error) {
      if (wanted()) setFailed(error instanceof Error ? error.message : String(error))
    }
  }, [])
  useEffect(() => {
    let wanted = true
    const timer = setTimeout(() => void load('', search, () => wanted), REST)
    return () => { wanted = false; clearTimeout(timer) }
  }, [load, search, ended])
  return { runs, next, failed, more: () => void load(next, search, () => true) }
}

/** A tile for each picture; the pictures of a sweep share one. */
function tilesOf(runs: readonly RunView[], pictures: readonly FileView[]): Tile[] {
  const groups = new Map(runs.map((r) => [r.id, r.group]))
  const tiles = new Map<string, Tile>()
  pictures.forEach((file, at) => {
    const group = groups.get(file.run ?? '') ?? ''
    const key = group || `${file.run ?? ''} ${file.digest} ${at}`
    const tile = tiles.get(key)
    if (tile) tile.count += 1
    else tiles.set(key, { key, at, file, group, count: 1 })
  })
  return [...tiles.values()]
}
