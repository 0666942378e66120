/** Pictures that this workflow made before: one that is picked brings its inputs back into the form. */

import { useEffect, useState } from 'react'
import { useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import type { WorkflowDocument } from '@/model/document'
import { fillIn, valuesOf } from '@/model/form'
import { ask } from '@/run/api'
import { useQueue } from '@/run/queue'
import type { RunView } from '@/run/running'
import { useTabRun, type FileView } from '@/run/state'
import { fileUrl } from '@/run/urls'

const ASKED = 60
const MOST = 12

interface Earlier {
  run: string
  file: FileView
}

export function FormEarlier({ tab }: { tab: Tab }) {
  const [earlier, setEarlier] = useState<readonly Earlier[]>([])
  const busy = useQueue((s) => s.running.length + s.waiting.length)
  const ended = useTabRun((r) => (r.state === 'succeeded' ? r.run : null)) // a quick run is never seen in the queue
  const name = tab.history.document.name ?? tab.name ?? ''
  useEffect(() => {
    let gone = false
    ask<{ runs: RunView[] }>(`/v1/runs?state=succeeded&limit=${ASKED}`).then(
      ({ data }) => !gone && setEarlier(data.runs.filter((r) => r.name === name || r.name === tab.name).flatMap(first).slice(0, MOST)),
      () => undefined, // the strip is a convenience; the bar says when the server is away
    )
    return () => void (gone = true)
  }, [name, tab.name, busy, ended])
  if (earlier.length === 0) return null
  return (
    <section className="form-earlier" aria-label={t('form.earlier')}>
      <h3>{t('form.earlier')}</h3>
      <ul>
        {earlier.map(({ run, file }) => (
          <li key={run}>
            <button type="button" aria-label={t('form.take', { name: file.name })} title={t('form.take.why')} onClick={() => void take(run)}><img src={fileUrl(file)} alt="" loading="lazy" /></button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function first(run: RunView): Earlier[] {
  const file = run.files.find((f) => f.media_type.startsWith('image/') && f.kept) ?? run.files.find((f) => f.media_type.startsWith('image/'))
  return file ? [{ run: run.id, file }] : []
}

/** Put the inputs of an older run into the form, as one step. */
async function take(run: string): Promise<void> {
  try {
    const { data } = await ask<WorkflowDocument>(`/v1/runs/${run}/workflow`)
    useEditor.getState().edit(t('step.form.take'), (d) => fillIn(d, valuesOf(d, data)))
    useUi.getState().announce(t('said.form.taken'))
  } catch (error) {
    useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
  }
}
