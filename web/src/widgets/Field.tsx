/** One editable input: its widget, its label, the problem that it has and what mends it. */

import { memo, useCallback, type ReactElement } from 'react'
import { flatId, onSheet, activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { InputType } from '@/model/catalogue'
import type { Json } from '@/model/document'
import { setInput } from '@/model/operations'
import { useTabRun, type Problem } from '@/run/state'
import { PluginWidget } from '@/plugin/PluginWidget'
import { ChoiceField } from './ChoiceField'
import { ColourField } from './ColourField'
import { FileField } from './FileField'
import { JsonField } from './JsonField'
import { kindOf, type Kind, type Widget } from './kinds'
import { NumberField } from './NumberField'
import { SecretField } from './SecretField'
import { SeedField } from './SeedField'
import { LineField, TextField } from './TextField'
import { ToggleField } from './ToggleField'

export const WIDGETS: Record<Kind, Widget> = {
  choice: ChoiceField, toggle: ToggleField, seed: SeedField, integer: NumberField, number: NumberField, slider: NumberField,
  text: TextField, line: LineField, file: FileField, secret: SecretField, colour: ColourField, json: JsonField,
}

interface Props {
  node: string
  input: InputType
  value: Json | undefined
  values: Record<string, Json> | undefined
  /** Another label than the input's name; another place on the page needs other ids. */
  label?: string
  place?: string
}

export const Field = memo(function Field({ node, input, value, values, label = input.name, place = 'node' }: Props): ReactElement {
  const flat = useFlat(node)
  const problem = useTabRun((r) => r.problems.find((p) => p.node === flat && p.input === input.name))
  const set = useCallback((next: Json | undefined, merge?: string) => edit(node, input.name, next, merge), [node, input.name])
  const Chosen = WIDGETS[kindOf(input)]
  const id = `${place}-${node}-${input.name}`
  const described = problem ? `${id}-problem` : undefined
  const props = { node, input, value, values, label, id, described, set }
  return (
    <div className="field" data-kind={kindOf(input)} data-broken={problem ? true : undefined} data-field={`${node}.${input.name}`} title={problem?.text ?? input.doc}>
      {input.widget ? <PluginWidget name={input.widget} fallback={Chosen} {...props} /> : <Chosen {...props} />}
      {problem && <ProblemNote id={`${id}-problem`} problem={problem} fix={set} />}
    </div>
  )
})

function ProblemNote({ id, problem, fix }: { id: string; problem: Problem; fix: (value: Json) => void }) {
  const suggestion = problem.suggestion
  return (
    <p className="problem nodrag" id={id}>
      {problem.message}
      {suggestion !== undefined && (
        <button type="button" onClick={() => fix(fixOf(problem, suggestion))}>
          {t('problem.use', { value: suggestion })}
        </button>
      )}
    </p>
  )
}

/** The value that a suggestion means: a file stays a file, a number a number. */
export function fixOf(problem: Problem, suggestion: string): Json {
  const held = problem.value
  if (typeof held === 'object' && held !== null && 'file' in held) return { file: suggestion }
  if (typeof held === 'number' && suggestion.trim() !== '' && Number.isFinite(Number(suggestion))) return Number(suggestion)
  return suggestion
}

/** Set an input of a node of the open sheet, as a step. */
export function edit(node: string, input: string, value: Json | undefined, merge?: string): void {
  const label = t('step.set', { input })
  useEditor.getState().edit(label, onSheet((sheet) => setInput(sheet, node, input, value)), merge && `${node}.${input}.${merge}`)
}

function useFlat(node: string): string {
  return useEditor((s) => {
    const tab = activeTab(s)
    return tab ? flatId(tab, node) : node
  })
}
