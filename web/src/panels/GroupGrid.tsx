/** A sweep as one labelled grid: a row for each combination of the outer axes, a column for each value of the last. */

import { useEffect, useState } from 'react'
import { t, type Key } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { written } from '@/model/sweeping'
import type { Json } from '@/model/document'
import { ask } from '@/run/api'
import { isPicture } from '@/run/events'
import { useQueue } from '@/run/queue'
import type { RunView } from '@/run/running'
import type { FileView } from '@/run/state'
import { fileUrl } from '@/run/urls'
import { openLightbox } from './lightbox'

interface Cell {
  values: Record<string, Json>
  run: RunView
}

interface Group {
  group: string
  axes: { place: string; values: Json[] }[]
  columns: number
  cells: Cell[]
}

export function GroupGrid({ id }: { id: string }) {
  const [group, setGroup] = useState<Group | null>(null)
  const [failed, setFailed] = useState('')
  const changes = useQueue((s) => `${s.ended} ${s.running.map((r) => r.id).join(' ')}`)
  useEffect(() => {
    let wanted = true
    ask<Group>(`/v1/groups/${id}`).then(({ data }) => wanted && setGroup(data), (error: unknown) => wanted && setFailed(error instanceof Error ? error.message : String(error)))
    return () => { wanted = false }
  }, [id, changes])
  if (failed) return <p className="problem">{failed}</p>
  if (!group) return null
  const done = group.cells.filter((c) => c.run.ended !== null).length
  return (
    <div className="grid-of-runs">
      <header>
        <p role="status">{t('group.done', { done, of: group.cells.length })}</p>
        <a className="tool" href={`/v1/groups/${id}/sheet`} download={`${group.cells[0]?.run.name ?? 'sweep'}.png`}><Icon name="download" size={14} />{t('group.sheet')}</a>
      </header>
      <Table group={group} />
    </div>
  )
}

function Table({ group }: { group: Group }) {
  const last = group.axes.at(-1)
  const outer = group.axes.slice(0, -1)
  const columns = last && outer.length > 0 ? last.values.length : group.columns
  const rows = Array.from({ length: Math.ceil(group.cells.length / columns) }, (_, i) => group.cells.slice(i * columns, (i + 1) * columns))
  const pictures = group.cells.flatMap((cell) => pictureOf(cell) ?? [])
  const open = (file: FileView) => openLightbox(pictures, pictures.indexOf(file))
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('group.label')}>
      <table style={{ ['--columns' as string]: columns }}>
        {last && outer.length > 0 && (
          <thead><tr><th />{last.values.map((v) => <th key={JSON.stringify(v)} scope="col">{last.place} {written(v)}</th>)}</tr></thead>
        )}
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {outer.length > 0 && <th scope="row">{outer.map((a) => <span key={a.place}>{a.place} {written(row[0]?.values[a.place])}</span>)}</th>}
              {row.map((cell) => <td key={cell.run.id}><Shown cell={cell} files={pictures} open={open} label={outer.length === 0 && last ? `${last.place} ${written(cell.values[last.place])}` : ''} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Shown({ cell, files, open, label }: { cell: Cell; files: readonly FileView[]; open: (file: FileView) => void; label: string }) {
  const file = files.find((f) => f.run === cell.run.id)
  return (
    <>
      {file ? (
        <button type="button" aria-label={t('picture.open', { name: label || file.name })} onClick={() => open(file)}><img src={fileUrl(file)} alt="" loading="lazy" /></button>
      ) : (
        <span className="waits" data-state={cell.run.state} title={cell.run.error?.message}>{t(`state.${cell.run.state}` as Key)}</span>
      )}
      {label && <span className="label">{label}</span>}
    </>
  )
}

function pictureOf(cell: Cell): FileView | null {
  const file = cell.run.files.find(isPicture)
  return file ? { ...file, run: cell.run.id } : null
}
