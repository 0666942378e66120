/** The queue: what runs, what waits and in which order; each can be moved, changed, doubled and taken out. */

import { useEffect, useState, type DragEvent, type KeyboardEvent } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { aboutRun } from '@/run/about'
import { ask } from '@/run/api'
import { moveBefore, pause, refreshQueue, shareOf, useQueue, type Progress } from '@/run/queue'
import { cancel, type RunView } from '@/run/running'
import { expected, remaining, type Times } from '@/run/times'
import { LastRun } from './LastRun'
import { QueueEdit } from './QueueEdit'
import { seconds } from '@/run/saying'

export function QueuePanel() {
  const { paused, running, waiting, progress, times } = useQueue()
  const now = useClock(running.length > 0)
  const left = wholeLeft(running, waiting, progress, times, now)
  return (
    <div className="queue">
      <div className="head">
        <button type="button" aria-pressed={paused} onClick={() => void tried(pause(!paused))}>
          <Icon name={paused ? 'play' : 'pause'} size={14} />
          {t(paused ? 'queue.resume' : 'queue.pause')}
        </button>
        {left !== null && <p role="status" className="left">{t('queue.left', { time: seconds(left) })}</p>}
      </div>
      {paused && <p className="paused">{t('queue.paused')}</p>}
      {running.length + waiting.length === 0 && <p className="nothing">{t('queue.empty')}</p>}
      <ul aria-label={t('queue.running')}>
        {running.map((run) => <RunningRow key={run.id} run={run} progress={progress[run.id]} whole={expected(times, run.name)} now={now} />)}
      </ul>
      <Waiting runs={waiting} times={times} />
      <LastRun />
    </div>
  )
}

/** The time, twice a second while it matters. */
function useClock(on: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!on) return
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [on])
  return now
}

function wholeLeft(running: readonly RunView[], waiting: readonly RunView[], progress: Readonly<Record<string, Progress>>, times: Times, now: number): number | null {
  if (running.length + waiting.length === 0) return null
  const parts = [...running.map((r) => leftOf(r, progress[r.id], expected(times, r.name), now)), ...waiting.map((r) => expected(times, r.name))]
  return parts.some((p) => p === null) ? null : parts.reduce<number>((sum, p) => sum + (p ?? 0), 0)
}

function leftOf(run: RunView, progress: Progress | undefined, whole: number | null, now: number): number | null {
  const began = progress?.began ?? (run.started ? Date.parse(run.started) : now)
  return remaining(whole, (now - began) / 1000, progress ? shareOf(progress) : 0)
}

function RunningRow({ run, progress, whole, now }: { run: RunView; progress: Progress | undefined; whole: number | null; now: number }) {
  const left = leftOf(run, progress, whole, now)
  return (
    <li data-run={run.id} className="runs">
      <span className="name">{run.name || run.id.slice(0, 8)}<About run={run.id} /></span>
      <span className="time">{run.cancelling ? t('queue.cancelling') : left === null ? '' : t('queue.left.short', { time: seconds(left) })}</span>
      <button type="button" aria-label={t('queue.cancel', { name: run.name })} title={t('queue.cancel', { name: run.name })} onClick={() => void cancel(run.id)}><Icon name="stop" size={12} /></button>
      {progress && <progress value={shareOf(progress)} max={1} aria-label={t('queue.progress')} />}
    </li>
  )
}

const TOLD = 20 // rows whose prompts are asked for

/** Rows are moved by drag, and by keyboard: Alt with the arrows. */
function Waiting({ runs, times }: { runs: readonly RunView[]; times: Times }) {
  const [open, setOpen] = useState<string | null>(null)
  const [over, setOver] = useState<string | null>(null)
  const drop = (e: DragEvent, before: string | null) => {
    e.preventDefault()
    e.stopPropagation()
    setOver(null)
    const run = e.dataTransfer.getData('text/calotype-run')
    if (run && run !== before) void tried(moveBefore(run, before))
  }
  const onKey = (e: KeyboardEvent, at: number) => {
    if (!e.altKey || (e.key !== 'ArrowUp' && e.key !== 'ArrowDown')) return
    e.preventDefault()
    const run = runs[at]
    const to = e.key === 'ArrowUp' ? at - 1 : at + 1
    if (!run || to < 0 || to >= runs.length) return
    void tried(moveBefore(run.id, (e.key === 'ArrowUp' ? runs[to] : runs[to + 1])?.id ?? null))
    useUi.getState().announce(t('queue.moved', { name: run.name, place: to + 1 }))
  }
  return (
    <ol aria-label={t('queue.waiting')} onDragOver={(e) => e.preventDefault()} onDrop={(e) => drop(e, null)}>
      {runs.map((run, i) => (
        <li key={run.id} data-run={run.id} data-over={over === run.id || undefined} draggable={open !== run.id} onDragStart={(e) => e.dataTransfer.setData('text/calotype-run', run.id)}
          onDragOver={(e) => { e.preventDefault(); setOver(run.id) }} onDragLeave={() => setOver(null)} onDrop={(e) => drop(e, run.id)} onKeyDown={(e) => onKey(e, i)}>
          <button type="button" className="name" aria-expanded={open === run.id} title={t('queue.move.how')} onClick={() => setOpen(open === run.id ? null : run.id)}>
            <span className="place">{i + 1}</span>{run.name || run.id.slice(0, 8)}
            {i < TOLD && <About key={run.last_seq} run={run.id} />}
          </button>
          <Expected seconds={expected(times, run.name)} />
          <button type="button" aria-label={t('queue.duplicate', { name: run.name })} title={t('queue.duplicate', { name: run.name })} onClick={() => void tried(doubled(run.id))}><Icon name="copy" size={12} /></button>
          <button type="button" aria-label={t('queue.cancel', { name: run.name })} title={t('queue.cancel', { name: run.name })} onClick={() => void cancel(run.id)}><Icon name="close" size={12} /></button>
          {open === run.id && <QueueEdit run={run} close={() => setOpen(null)} />}
        </li>
      ))}
    </ol>
  )
}

/** What tells it from the others. */
function About({ run }: { run: string }) {
  const [line, setLine] = useState('')
  useEffect(() => {
    let wanted = true
    aboutRun(run).then((said) => { if (wanted) setLine(said) }, () => undefined) // it may be gone by now
    return () => { wanted = false }
  }, [run])
  return <span className="about" dir="auto">{line}</span> // its line is there before it is, so that no row moves
}

function Expected({ seconds: value }: { seconds: number | null }) {
  return <span className="time">{value === null ? '' : t('queue.takes', { time: seconds(value) })}</span>
}

async function doubled(run: string): Promise<void> {
  await ask(`/v1/runs/${run}/duplicate`, { method: 'POST' })
  await refreshQueue()
}

export async function tried(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
  }
}
