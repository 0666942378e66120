/** A sweep: some inputs, several values of each, and a run for every combination. */

import { useMemo, useState } from 'react'
import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { core } from '@/model/sockets'
import { sweepable, valuesOf, written, type Axis, type Sweepable } from '@/model/sweeping'
import type { Json } from '@/model/document'
import { useQueue } from '@/run/queue'
import { send } from '@/run/running'
import { expected } from '@/run/times'
import { seconds } from '@/run/saying'

const MOST = 1_000 // runs that the server takes at once
const LIKELY = /seed|cfg|steps|sampler|strength|denoise/

export function SweepDialog() {
  const document = useEditor((s) => activeTab(s)?.history.document)
  const catalogue = useEditor((s) => s.catalogue)
  const places = useMemo(() => (document ? sweepable(document, catalogue) : []), [document, catalogue])
  const [axes, setAxes] = useState<readonly Axis[]>(() => begun(places))
  const times = useQueue((s) => s.times)
  const [busy, setBusy] = useState(false)
  const read = axes.map((axis) => ({ axis, of: places.find((p) => p.place === axis.place) })).map(({ axis, of }) => ({ axis, of, values: of ? valuesOf(axis.text, of.input) : null }))
  const count = read.reduce((all, { values }) => all * (values?.length ?? 0), axes.length > 0 ? 1 : 0)
  const each = expected(times, document?.name ?? '')
  const change = (i: number, next: Partial<Axis>) => setAxes(axes.map((a, n) => (n === i ? { ...a, ...next } : a)))
  const go = async () => {
    setBusy(true)
    const sweep = Object.fromEntries(read.map(({ axis, values }): [string, Json[]] => [axis.place, values ?? []]))
    const { group, ids } = await send({ sweep })
    setBusy(false)
    if (ids.length > 0) useUi.getState().show({ dialog: group ? `group:${group}` : null })
  }
  return (
    <div className="sweep">
        <p className="nothing">{t('sweep.about')}</p>
        <ol>
          {read.map(({ axis, of, values }, i) => (
            <AxisRow key={axis.place} axis={axis} of={of} values={values} places={places.filter((p) => p.place === axis.place || !axes.some((a) => a.place === p.place))}
              change={(next) => change(i, next)} remove={() => setAxes(axes.filter((_, n) => n !== i))} up={i > 0 ? () => setAxes(swapped(axes, i)) : null} />
          ))}
        </ol>
        <button type="button" className="quiet" disabled={places.length <= axes.length} onClick={() => setAxes([...axes, fresh(places, axes)])}><Icon name="add" size={14} />{t('sweep.add')}</button>
        <footer>
          <p role="status">{count > MOST ? t('sweep.many', { n: count, most: MOST }) : t('sweep.count', { n: count })}{each !== null && count > 0 && count <= MOST ? ` · ${t('sweep.time', { time: seconds(each * count) })}` : ''}</p>
          <button type="button" className="primary" disabled={busy || count === 0 || count > MOST} onClick={() => void go()}><Icon name="play" size={14} />{t('sweep.go', { n: count })}</button>
        </footer>
    </div>
  )
}

interface RowProps {
  axis: Axis
  of: Sweepable | undefined
  values: Json[] | null
  places: readonly Sweepable[]
  change: (next: Partial<Axis>) => void
  remove: () => void
  up: (() => void) | null
}

function AxisRow({ axis, of, values, places, change, remove, up }: RowProps) {
  const socket = of && core(of.input.socket)
  const free = socket === 'str'
  const choices = typeof socket === 'object' && 'choice' in socket ? socket.choice : null
  return (
    <li>
      <div className="place">
        <select aria-label={t('sweep.place')} value={axis.place} onChange={(e) => change({ place: e.target.value, text: begin(places, e.target.value) })}>
          {places.map((p) => <option key={p.place} value={p.place}>{p.label}</option>)}
        </select>
        <button type="button" aria-label={t('sweep.up', { place: axis.place })} title={t('sweep.up', { place: axis.place })} disabled={up === null} onClick={up ?? undefined}><Icon name="down" size={12} /></button>
        <button type="button" aria-label={t('sweep.remove', { place: axis.place })} title={t('sweep.remove', { place: axis.place })} onClick={remove}><Icon name="close" size={12} /></button>
      </div>
      <textarea rows={free ? 3 : 1} spellCheck={false} aria-label={t('sweep.values', { place: axis.place })} aria-invalid={values === null || values.length === 0} value={axis.text}
        placeholder={t(free ? 'sweep.lines' : 'sweep.numbers')} onChange={(e) => change({ text: e.target.value })} />
      {choices && (
        <p className="choices">
          {choices.map((c) => <button key={String(c)} type="button" aria-pressed={values?.includes(c) ?? false} onClick={() => change({ text: toggled(axis.text, String(c)) })}>{String(c)}</button>)}
        </p>
      )}
      <p className="read">{values === null ? t('sweep.bad') : values.map(written).join(' · ')}</p>
    </li>
  )
}

function begin(places: readonly Sweepable[], place: string): string {
  const found = places.find((p) => p.place === place)
  return found ? first(found) : ''
}

function begun(places: readonly Sweepable[]): Axis[] {
  return places.length > 0 ? [fresh(places, [])] : []
}

/** The next input that people like to sweep. */
function fresh(places: readonly Sweepable[], axes: readonly Axis[]): Axis {
  const free = places.filter((p) => !axes.some((a) => a.place === p.place))
  const chosen = free.find((p) => LIKELY.test(p.place)) ?? free[0]
  return { place: chosen?.place ?? '', text: chosen ? first(chosen) : '' }
}

/** The value that the input has; of a seed this one and the next three. */
function first({ input, value }: Sweepable): string {
  return input.role === 'seed' && typeof value === 'number' ? `${value}..${value + 3}` : written(value)
}

function swapped(axes: readonly Axis[], i: number): Axis[] {
  const [one, other] = [axes[i - 1], axes[i]]
  return one && other ? [...axes.slice(0, i - 1), other, one, ...axes.slice(i + 1)] : [...axes]
}

function toggled(text: string, choice: string): string {
  const all = text.split(',').map((p) => p.trim()).filter(Boolean)
  return (all.includes(choice) ? all.filter((p) => p !== choice) : [...all, choice]).join(', ')
}
