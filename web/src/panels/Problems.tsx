/** Everything that is wrong with the open workflow, and what failed in its last run: a click goes to the place. */

import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { isSmall } from '@/app/prefs'
import { useUi } from '@/app/ui'
import { canvas } from '@/canvas/gestures'
import { calledOf, levelsTo, nodeAt } from '@/model/inside'
import { useTabRun, type Failure, type Problem } from '@/run/state'
import { fixFor, mend } from '@/run/fixing'

export function Problems() {
  const problems = useTabRun((r) => r.problems)
  const nodes = useTabRun((r) => r.nodes)
  const failure = useTabRun((r) => r.failure)
  const failed = Object.entries(nodes).flatMap(([id, n]) => (n.failure && n.inner !== true ? [{ id, failure: n.failure }] : []))
  const document = useEditor((s) => activeTab(s)?.history.document)
  const catalogue = useEditor((s) => s.catalogue)
  const fixes = new Map(problems.flatMap((p) => { const fix = document && fixFor(p, document, catalogue); return fix ? [[p, fix.label]] : [] }))
  if (problems.length + failed.length === 0 && failure === null) return <p className="nothing">{t('problems.none')}</p>
  return (
    <div className="problems">
      {fixes.size > 1 && <button type="button" className="fix all" onClick={() => mend([...fixes.keys()])}>{t('problems.fix.all', { n: fixes.size })}</button>}
      {problems.length > 0 && (
        <ul aria-label={t('panel.problems')}>
          {problems.map((problem, i) => <Row key={`${problem.code}${problem.node ?? ''}${problem.input ?? ''}${i}`} problem={problem} fix={fixes.get(problem)} />)}
        </ul>
      )}
      {failed.length > 0 && (
        <section aria-label={t('problems.run')}>
          <h3>{t('problems.run')}</h3>
          <ul>{failed.map(({ id, failure: why }) => <Failed key={id} node={id} failure={why} />)}</ul>
        </section>
      )}
      {failed.length === 0 && failure && <section aria-label={t('problems.run')}><h3>{t('problems.run')}</h3><ul><Failed node={null} failure={failure} /></ul></section>}
    </div>
  )
}

function Row({ problem, fix }: { problem: Problem; fix: string | undefined }) {
  const called = useName(problem.node)
  return (
    <li>
      <button type="button" className="place" onClick={() => show(problem)}>
        <strong>{called}{problem.input ? ` · ${problem.input}` : ''}</strong>
        <span title={problem.message}>{problem.message}</span>
        {problem.hint && <span className="hint">{problem.hint}</span>}
      </button>
      {fix !== undefined && <button type="button" className="fix" onClick={() => mend([problem])}>{fix}</button>}
    </li>
  )
}

/** What a node is called on the canvas, and its id. */
function useName(flat: string | undefined): string {
  const node = useEditor((s) => { const tab = activeTab(s); return flat === undefined || !tab ? undefined : nodeAt(tab.history.document, flat) })
  if (flat === undefined || !node) return flat ?? t('problems.document')
  return calledOf(node, flat)
}

function Failed({ node, failure }: { node: string | null; failure: Failure }) {
  const called = useName(node ?? undefined)
  const text = `${node ?? ''}: ${failure.message}\n\n${failure.traceback ?? ''}`
  return (
    <li className="failed">
      <button type="button" className="place" disabled={node === null} onClick={() => node !== null && goTo(node)}>
        <strong>{called}</strong>
        <span>{failure.message}</span>
        {failure.hint && <span className="hint">{failure.hint}</span>}
      </button>
      {failure.traceback && (
        <details>
          <summary>{t('problems.details')}</summary>
          <pre tabIndex={0}>{failure.traceback}</pre>
          <button type="button" onClick={() => void navigator.clipboard.writeText(text)}><Icon name="copy" size={12} />{t('problems.copy')}</button>
        </details>
      )}
    </li>
  )
}

/** Bring the node of a problem into view and choose it. */
export function show(problem: Problem): void {
  if (problem.node === undefined) return
  goTo(problem.node)
}

/** Bring a node into view, by its flat id: the subgraphs that it is inside of are entered. */
export function goTo(flat: string): void {
  const tab = activeTab(useEditor.getState())
  if (!tab || !nodeAt(tab.history.document, flat)) return
  if (isSmall()) useUi.getState().show({ panel: null, side: null }) // they lie over the canvas
  const id = flat.slice(flat.lastIndexOf('/') + 1)
  const levels = levelsTo(tab.history.document, flat)
  if (levels.map((l) => l.instance).join('/') !== tab.levels.map((l) => l.instance).join('/')) {
    useEditor.getState().patch(tab.id, { levels, selected: new Set([id]), frames: new Set() }) // another sheet is shown as a whole
    return
  }
  const shown = canvas()
  useEditor.getState().select([id])
  const zoom = Math.max(0.7, shown?.rf.getZoom() ?? 1)
  const node = shown?.nodes.find((n) => n.id === id)
  if (node) void shown?.rf.setCenter(node.position.x + (node.width ?? 0) / 2, node.position.y + (node.height ?? 0) / 2, { zoom, duration: 200 })
}
