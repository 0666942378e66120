/** Everything that is wrong with the open workflow: a click goes to the place, a button mends it. */

import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { canvas } from '@/canvas/gestures'
import { useTabRun, type Problem } from '@/run/state'
import { edit, fixOf } from '@/widgets/Field'

export function Problems() {
  const problems = useTabRun((r) => r.problems)
  if (problems.length === 0) return <p className="nothing">{t('problems.none')}</p>
  return (
    <ul className="problems">
      {problems.map((problem, i) => (
        <li key={`${problem.code}${problem.node ?? ''}${problem.input ?? ''}${i}`}>
          <button type="button" className="place" onClick={() => show(problem)}>
            <strong>{problem.node ?? t('problems.document')}{problem.input ? ` · ${problem.input}` : ''}</strong>
            <span>{problem.message}</span>
            {problem.hint && <span className="hint">{problem.hint}</span>}
          </button>
          {problem.suggestion !== undefined && problem.node !== undefined && problem.input !== undefined && (
            <button type="button" className="fix" onClick={() => edit(problem.node ?? '', problem.input ?? '', fixOf(problem, problem.suggestion ?? ''))}>
              {t('problem.use', { value: problem.suggestion })}
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}

/** Bring the node of a problem into view and choose it. */
export function show(problem: Problem): void {
  if (problem.node === undefined) return
  goTo(problem.node)
}

/** Bring a node into view, by its flat id: inside of subgraphs the instance is chosen. */
export function goTo(flat: string): void {
  const tab = activeTab(useEditor.getState())
  const shown = canvas()
  const inside = tab?.levels.map((l) => l.instance).join('/') ?? ''
  const local = inside && flat.startsWith(`${inside}/`) ? flat.slice(inside.length + 1) : flat
  const id = local.split('/')[0] ?? local
  useEditor.getState().select([id])
  const zoom = Math.max(0.7, shown?.rf.getZoom() ?? 1)
  const node = shown?.nodes.find((n) => n.id === id)
  if (node) void shown?.rf.setCenter(node.position.x + (node.width ?? 0) / 2, node.position.y + (node.height ?? 0) / 2, { zoom, duration: 200 })
}
