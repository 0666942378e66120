/** A node's head: its name, what the plan says of it, how the run goes. */

import { memo } from 'react'
import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { NodeType } from '@/model/catalogue'
import type { NodeJson } from '@/model/document'
import { idOfType, patchPlace } from '@/model/operations'
import { memoryOf, seconds } from '@/run/saying'
import { isLive, problemAt, useTabRun, type NodeRun, type PlanMark } from '@/run/state'
import { Icon } from '@/app/Icon'

interface Props {
  id: string
  flat: string
  node: NodeJson
  type: NodeType
  collapsed: boolean
}

export const NodeHeader = memo(function NodeHeader({ id, flat, node, type, collapsed }: Props) {
  const run = useTabRun((r) => r.nodes[flat])
  const mark = useTabRun((r) => r.plan[flat])
  const problem = useTabRun((r) => problemAt(r.problems, flat))
  const going = useTabRun((r) => isLive(r.state))
  const done = run?.status === 'ran' || run?.status === 'hit' // in the run that goes on: what the next would do is no news
  const collapse = () =>
    useEditor.getState().edit(t(collapsed ? 'step.expand' : 'step.collapse'), onSheet((s) => patchPlace(s, id, { collapsed: collapsed ? undefined : true } as object)))
  const title = node.title ?? (type.category === 'subgraph' ? node.type.replace(/^subgraph\//, '') : type.id.slice(type.id.lastIndexOf('.') + 1))
  const own = node.title === undefined && !idOfType(id, node.type) ? id : ''
  const share = run?.status === 'running' && run.total ? (run.done ?? 0) / run.total : null
  return (
    <header className="head grip" title={type.unknown ? t('node.unknown', { type: node.type }) : type.doc}>
      <button type="button" className="fold nodrag" aria-expanded={!collapsed} aria-label={t(collapsed ? 'node.expand' : 'node.collapse')} onClick={collapse} tabIndex={-1}>
        <Icon name={collapsed ? 'right' : 'down'} />
      </button>
      <span className="title">{title}{own && <span className="own" translate="no"> {own}</span>}</span>
      {problem ? (
        <span className="mark bad" role="img" aria-label={problem.text} title={problem.text}><Icon name="alert" /></span>
      ) : (
        <Mark run={run} mark={going && done ? undefined : mark} disabled={node.enabled === false} />
      )}
      {share !== null && <span className="progress" style={{ transform: `scaleX(${share})` }} />}
    </header>
  )
})

/** What a node's mark says: off, running, failed, how long it took, or what the next run would do, and why. */
function Mark({ run, mark, disabled }: { run: NodeRun | undefined; mark: PlanMark | undefined; disabled: boolean }) {
  if (disabled) return <span className="mark quiet" title={t('mark.off.why')}>{t('mark.off')}</span>
  if (run?.status === 'running') return <span className="mark live">{run.total ? `${run.done ?? 0}/${run.total}` : '…'}</span>
  if (run?.status === 'failed') return <span className="mark bad" role="img" aria-label={run.error} title={run.error}><Icon name="alert" /></span>
  if (run?.status === 'skipped') return <span className="mark quiet" data-plan="blocked" title={t('mark.blocked.why', { node: run.error ?? '' })}>{t('mark.blocked')}</span>
  const took = run?.status === 'ran' && run.seconds !== undefined ? <span className="took" title={memoryOf(run)}>{seconds(run.seconds)}</span> : null
  return <>{took}<Planned mark={mark} /></>
}

function Planned({ mark }: { mark: PlanMark | undefined }) {
  if (!mark || mark.status === 'later') return null
  if (mark.status === 'blocked') return <span className="mark quiet" data-plan="blocked" title={mark.reason}>{t('mark.blocked')}</span>
  if (mark.status === 'run') return <span className="mark will" data-plan="run" role="img" title={why(mark)} aria-label={why(mark)} />
  return <span className="mark quiet" data-plan="hit" role="img" title={t('mark.hit.why')} aria-label={t('mark.hit.why')}><Icon name="check" /></span>
}

function why(mark: PlanMark): string {
  return mark.reason ? t('mark.run.because', { reason: mark.reason }) : t('mark.run.why')
}
