/** What became of a workflow of another program: what has a counterpart, what has none and why, with a way to each. */

import type { ReactNode } from 'react'
import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useReports } from '@/run/reports'
import { closeDialog } from './Dialogs'
import { goTo } from './Problems'

export function ImportReport({ id }: { id: string }) {
  const found = useReports((s) => s.reports[id])
  if (!found) return null
  const { report: { format, mapped, unknown, notes }, file } = found
  const lost = Object.entries(unknown)
  const warnings = notes.filter((n) => n.warning)
  const others = notes.filter((n) => !n.warning)
  return (
    <div className="report">
      <p>{t('report.said', { file, format })}</p>
      <p className="sums">
        <strong data-good>{t('report.mapped', { n: Object.keys(mapped).length })}</strong>
        {lost.length > 0 && <strong data-bad>{t('report.unknown', { n: lost.length })}</strong>}
        {warnings.length > 0 && <strong data-warned>{t('report.warnings', { n: warnings.length })}</strong>}
      </p>
      {lost.length > 0 && (
        <Group title={t('report.unknown.title')} hint={t('report.unknown.why')} open>
          {lost.map(([node, type]) => <Line key={node} tab={id} node={node} type={type} />)}
        </Group>
      )}
      {warnings.length > 0 && <Group title={t('report.warnings.title')} open>{warnings.map((n, i) => <Line key={i} tab={id} node={n.node} type={n.type} text={n.message} />)}</Group>}
      {others.length > 0 && <Group title={t('report.notes.title')}>{others.map((n, i) => <Line key={i} tab={id} node={n.node} type={n.type} text={n.message} />)}</Group>}
      <Group title={t('report.mapped.title')}>{Object.entries(mapped).map(([node, [there, here]]) => <Line key={node} tab={id} node={node} type={there} text={there === here ? '' : `→ ${here}`} />)}</Group>
      <div className="actions"><button type="button" className="primary" autoFocus onClick={closeDialog}>{t('report.done')}</button></div>
    </div>
  )
}

function Group({ title, hint, open = false, children }: { title: string; hint?: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open}>
      <summary>{title}</summary>
      {hint && <p className="hint">{hint}</p>}
      <ul>{children}</ul>
    </details>
  )
}

function Line({ tab, node, type, text = '' }: { tab: string; node: string; type: string; text?: string }) {
  const jump = () => {
    closeDialog()
    useEditor.getState().activate(tab)
    requestAnimationFrame(() => goTo(node)) // the canvas of the tab has to be there
  }
  return (
    <li>
      {node === '' ? null : <button type="button" className="link" translate="no" aria-label={t('report.jump', { node })} onClick={jump}>{node}</button>}
      <span className="type" translate="no">{type}</span>
      {text && <span>{text}</span>}
    </li>
  )
}
