/** The values of a run that waits: its public inputs and its seeds, and every other field on demand. */

import { useEffect, useState } from 'react'
import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { Json, WorkflowDocument } from '@/model/document'
import { sweepable, valuesOf, written, type Sweepable } from '@/model/sweeping'
import { forgetAbout } from '@/run/about'
import { ApiError, ask } from '@/run/api'
import { openWorkflow } from '@/run/pictures'
import { refreshQueue } from '@/run/queue'
import type { RunView } from '@/run/running'

interface Typed {
  place: string
  text: string
}

export function QueueEdit({ run, close }: { run: RunView; close: () => void }) {
  const catalogue = useEditor((s) => s.catalogue)
  const [workflow, setWorkflow] = useState<WorkflowDocument | null>(null)
  const [typed, setTyped] = useState<readonly Typed[]>([])
  const [all, setAll] = useState(false)
  const [failed, setFailed] = useState('')
  useEffect(() => {
    ask<WorkflowDocument>(`/v1/runs/${run.id}/workflow`).then(({ data }) => setWorkflow(data), (error: unknown) => setFailed(said(error)))
  }, [run.id])
  if (!workflow) return failed ? <p className="problem">{failed}</p> : null
  const places = sweepable(workflow, catalogue)
  const shown = all ? places : places.filter((p) => !p.place.includes('.') || p.input.role === 'seed')
  const set = (place: string, text: string) => setTyped([...typed.filter((x) => x.place !== place), { place, text }])
  const save = async () => {
    try {
      const inputs = Object.fromEntries(typed.map((x): [string, Json] => [x.place, valueOf(x, places)]))
      await ask(`/v1/runs/${run.id}/edit`, { method: 'PUT', body: { workflow, name: run.name, client: run.client, priority: run.priority, inputs } })
      forgetAbout(run.id)
      await refreshQueue()
      close()
    } catch (error) {
      setFailed(said(error))
    }
  }
  return (
    <form className="edit" onSubmit={(e) => { e.preventDefault(); void save() }} onKeyDown={(e) => e.stopPropagation()}>
      {shown.map((p) => {
        const text = typed.find((x) => x.place === p.place)?.text ?? written(p.value)
        return (
          <label key={p.place}>
            <span title={p.place}>{p.label}</span>
            {p.input.multiline ? <textarea rows={2} value={text} onChange={(e) => set(p.place, e.target.value)} /> : <input type="text" value={text} onChange={(e) => set(p.place, e.target.value)} />}
          </label>
        )
      })}
      {failed && <p className="problem" role="alert">{failed}</p>}
      <div className="acts">
        <button type="submit" className="primary" disabled={typed.length === 0}>{t('queue.save')}</button>
        {!all && <button type="button" onClick={() => setAll(true)}>{t('queue.all')}</button>}
        <button type="button" onClick={() => openWorkflow({ run, workflow })}>{t('details.open')}</button>
      </div>
    </form>
  )
}

/** What was typed, as the input takes it. Throws with what cannot be read. */
function valueOf({ place, text }: Typed, places: readonly Sweepable[]): Json {
  const found = places.find((p) => p.place === place)
  if (!found) return text
  if (found.input.multiline) return text
  const values = valuesOf(text, found.input)
  const [value] = values ?? []
  if (value === undefined || values?.length !== 1) throw new Error(t('queue.bad', { name: found.label, text }))
  return value
}

function said(error: unknown): string {
  if (error instanceof ApiError && error.problems.length > 0) return error.problems.map((p) => p.text).join(' ')
  return error instanceof Error ? error.message : String(error)
}
