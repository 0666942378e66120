/** What made a picture: its texts, seeds and models, and what is different from the open workflow. */

import { useEffect, useMemo, useState } from 'react'
import { activeTab, useEditor } from '@/app/editor'
import { t, type Key } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { canApply, differences, shortly, type Difference } from '@/model/differences'
import { behind, forgetRun, modelsOf, openWorkflow, seedsBehind, take, takeSeeds, textsOf, type Behind } from '@/run/pictures'
import type { FileView } from '@/run/state'
import { closeLightbox, dropRun } from './lightbox'
import { seconds } from '@/run/saying'

export function PictureDetails({ file, other }: { file: FileView; other: FileView | null }) {
  const [found, failed] = useBehind(file.run)
  const [second] = useBehind(other?.run)
  return (
    <aside className="details" aria-label={t('details.label')}>
      {failed && <p className="problem">{failed}</p>}
      {found && second && <Compared one={found} two={second} />}
      {found && <Known found={found} file={file} />}
    </aside>
  )
}

/** The run behind a picture, once it is known; what went wrong. */
function useBehind(run: string | undefined): [Behind | null, string] {
  const [said, say] = useState<{ of: string; found: Behind | null; failed: string } | null>(null)
  useEffect(() => {
    let wanted = true
    if (run !== undefined) {
      const take = (found: Behind | null, failed = '') => { if (wanted) say({ of: run, found, failed }) }
      behind(run).then((one) => take(one), (error: unknown) => take(null, error instanceof Error ? error.message : String(error)))
    }
    return () => { wanted = false }
  }, [run])
  return said?.of === run ? [said?.found ?? null, said?.failed ?? ''] : [null, '']
}

/** What two pictures that are compared were made with, where it is not the same. */
function Compared({ one, two }: { one: Behind; two: Behind }) {
  const catalogue = useEditor((s) => s.catalogue)
  const all = useMemo(() => differences(one.workflow, two.workflow, catalogue), [one, two, catalogue])
  return (
    <section className="differences compared" aria-label={t('compare.differences')}>
      <h3>{t('compare.differences')}</h3>
      {all.length === 0 && <p className="nothing">{t('compare.same')}</p>}
      <ul>{all.map((d) => <li key={`${d.sheet ?? ''}/${d.node}.${d.input}`}><strong>{placeOf(d)}</strong><span className="change">{said(d)}</span></li>)}</ul>
    </section>
  )
}

function Known({ found, file }: { found: Behind; file: FileView }) {
  const { run, workflow } = found
  const seeds = seedsBehind(workflow)
  const [said, setSaid] = useState('')
  return (
    <>
      <div className="acts">
        {seeds.length > 0 && <button type="button" onClick={() => setSaid(takeSeeds(workflow))}><Icon name="redo" size={14} />{t('details.seed')}</button>}
        <button type="button" onClick={() => { closeLightbox(); openWorkflow(found) }}><Icon name="file" size={14} />{t('details.open')}</button>
        <Delete run={run.id} />
      </div>
      {said && <p className="said" role="status">{said}</p>}
      <dl>
        {textsOf(workflow).map((text) => <Entry key={text} name={t('details.text')} value={text} />)}
        {seeds.map((s) => <Entry key={`${s.node}.${s.input}`} name={seeds.length > 1 ? `${s.node}.${s.input}` : t('details.seed.name')} value={String(s.value)} />)}
        {modelsOf(workflow).map((name) => <Entry key={name} name={t('details.model')} value={name} />)}
        <Entry name={t('details.workflow')} value={run.name || '—'} />
        <Entry name={t('details.made')} value={new Date(run.ended ?? run.created).toLocaleString()} />
        {run.seconds !== null && <Entry name={t('details.seconds')} value={seconds(run.seconds)} />}
        <Entry name={t('details.bytes')} value={`${(file.bytes / 1024).toFixed(0)} KB`} />
      </dl>
      <Differences workflow={workflow} />
    </>
  )
}

const LONG = 300 // letters that may have to be scrolled

function Entry({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd dir="auto" tabIndex={value.length > LONG ? 0 : undefined}>{value}</dd></div>
}

/** Deleting is asked for twice: it cannot be undone. */
function Delete({ run }: { run: string }) {
  const [sure, setSure] = useState(false)
  const go = () => {
    if (!sure) { setSure(true); return; }
    forgetRun(run).then(() => dropRun(run), (error: unknown) => useUi.getState().tell('bad', error instanceof Error ? error.message : String(error)))
  }
  return <button type="button" className={sure ? 'danger' : ''} onClick={go} onBlur={() => setSure(false)}><Icon name="trash" size={14} />{t(sure ? 'details.delete.sure' : 'details.delete')}</button>
}

function Differences({ workflow }: { workflow: Behind['workflow'] }) {
  const here = useEditor((s) => activeTab(s)?.history.document)
  const catalogue = useEditor((s) => s.catalogue)
  const all = useMemo(() => (here ? differences(here, workflow, catalogue) : []), [here, workflow, catalogue])
  if (!here) return null
  return (
    <section className="differences" aria-label={t('differences.label')}>
      <h3>{t('differences.label')}</h3>
      {all.length === 0 && <p className="nothing">{t('differences.none')}</p>}
      <ul>
        {all.map((d) => (
          <li key={`${d.sheet ?? ''}/${d.node}.${d.input}`}>
            <strong>{placeOf(d)}</strong>
            <span className="change">{said(d)}</span>
            {canApply(here, d) && <button type="button" onClick={() => take(d)} aria-label={t('differences.take.of', { name: `${d.node}.${d.input}` })}>{t('differences.take')}</button>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function placeOf(d: Difference): string {
  return `${d.sheet === null ? '' : `${d.sheet} / `}${d.node}${d.input && ` · ${d.input}`}`
}

function said(d: Difference): React.ReactNode {
  if (d.kind === 'added' || d.kind === 'removed' || d.kind === 'switch') {
    const kind = d.kind === 'switch' ? (d.theirs === true ? 'on' : 'off') : d.kind
    return t(`differences.${kind}` as Key, { type: shortly(d.theirs ?? d.mine) })
  }
  return <><del>{shortly(d.mine)}</del> <ins>{shortly(d.theirs)}</ins></>
}
