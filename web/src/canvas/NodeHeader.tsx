/** A node's head: its name, what the plan says of it, how the run goes. */

import { memo } from 'react'
import { onSheet, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { NodeType } from '@/model/catalogue'
import type { NodeJson } from '@/model/document'
import { patchPlace } from '@/model/operations'
import { useTabRun, type NodeRun, type PlanMark } from '@/run/state'
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
  const problem = useTabRun((r) => r.problems.find((p) => p.node === flat))
  const collapse = () =>
    useEditor.getState().edit(t(collapsed ? 'step.expand' : 'step.collapse'), onSheet((s) => patchPlace(s, id, { collapsed: collapsed ? undefined : true } as object)))
  const title = node.title ?? (type.category === 'subgraph' ? node.type.replace(/^subgraph\//, '') : type.id.slice(type.id.lastIndexOf('.') + 1))
  const share = run?.status === 'running' && run.total ? (run.done ?? 0) / run.total : null
  return (
    <header className="head grip" title={type.unknown ? t('node.unknown', { type: node.type }) : type.doc}>
      <button type="button" className="fold nodrag" aria-expanded={!collapsed} aria-label={t(collapsed ? 'node.expand' : 'node.collapse')} onClick={collapse} tabIndex={-1}>
        <Icon name={collapsed ? 'right' : 'down'} />
      </button>
      <span className="title">{title}</span>
      {problem ? (
        <span className="mark bad" role="img" aria-label={problem.text} title={problem.text}><Icon name="alert" /></span>
      ) : (
        <Mark run={run} mark={mark} disabled={node.enabled === false} />
      )}
      {share !== null && <span className="progress" style={{ transform: `scaleX(${share})` }} />}
    </header>
  )
})

function Mark({ run, mark, disabled }: { run: NodeRun | undefined; mark: PlanMark | undefined; disabled: boolean }) {
  if (disabled) return <span className="mark quiet" title={t('mark.off.why')}>{t('mark.off')}</span>
  if (run?.status === 'running') return <span className="mark live">{run.total ? `${run.done ?? 0}/${run.total}` : '…'}</span>
  if (run?.status === 'failed') return <span className="mark bad" title={run.error}><Icon name="alert" /></span>
  if (run?.status === 'skipped') return <span className="mark quiet" title={run.error}>{t('mark.blocked')}</span>
  if (run?.status === 'ran' && run.seconds !== undefined && (!mark || mark.status === 'hit')) return <span className="mark quiet" title={peak(run)}>{seconds(run.seconds)}</span>
  if (!mark) return null
  if (mark.status === 'hit' || mark.status === 'idle') return <span className="mark quiet" data-plan="hit" title={t('mark.hit.why')}><Icon name="check" /></span>
  if (mark.status === 'run') return <span className="mark will" data-plan="run" title={mark.reason || t('mark.run.why')} role="img" aria-label={mark.reason || t('mark.run.why')} />
  return null
}

function peak(run: NodeRun): string {
  return run.peak ? t('mark.peak', { size: `${(run.peak / 2 ** 20).toFixed(0)} MB` }) : ''
}

export function seconds(value: number): string {
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`
  return value < 99.5 ? `${value.toFixed(value < 9.95 ? 1 : 0)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`
}
