/** One editable input: its widget, its label, the problem that it has and what mends it. */

import { memo, useCallback, useState, type KeyboardEvent, type ReactElement } from 'react'
import { flatId, activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { InputType } from '@/model/catalogue'
import type { Json } from '@/model/document'
import { fixFor, mend } from '@/run/fixing'
import { useTabRun, type Problem } from '@/run/state'
import { PluginWidget } from '@/plugin/PluginWidget'
import { ChoiceField } from './ChoiceField'
import { ColourField } from './ColourField'
import { edit } from './edit'
import { canReset, FieldTools } from './FieldTools'
import { FileField } from './FileField'
import { JsonField } from './JsonField'
import { kindOf, type Kind, type Widget } from './kinds'
import { ListBar } from './ListButton'
import { ListField } from './ListField'
import { NumberField } from './NumberField'
import { canPin, togglePin } from './pins'
import { SecretField } from './SecretField'
import { SeedField } from './SeedField'
import { LineField, TextField } from './TextField'
import { noTip, tipSoon } from './tip'
import { ToggleField } from './ToggleField'

export const WIDGETS: Record<Kind, Widget> = {
  choice: ChoiceField, toggle: ToggleField, seed: SeedField, integer: NumberField, number: NumberField, slider: NumberField,
  text: TextField, line: LineField, file: FileField, secret: SecretField, colour: ColourField, json: JsonField, list: ListField,
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
  const [near, setNear] = useState(false)
  const kind = kindOf(input)
  const Chosen = kind === 'list' && place === 'node' ? ListBar : WIDGETS[kind]
  const id = `${place}-${node}-${input.name}`
  const described = problem ? `${id}-problem` : undefined
  const props = { node, input, value, values, label, id, described, set }
  const reset = () => set(undefined)
  const onKey = (e: KeyboardEvent) => {
    if (!e.altKey || e.ctrlKey || e.metaKey) return
    if (e.code === 'KeyP' && canPin()) togglePin(node, input.name)
    else if (e.code === 'KeyR' && canReset(input, value)) reset()
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const leave = () => {
    setNear(false)
    noTip()
  }
  return (
    <div className="field" data-kind={kind} data-broken={problem ? true : undefined} data-default={value === undefined || undefined} data-field={`${node}.${input.name}`} onKeyDownCapture={onKey}
      onPointerEnter={(e) => { setNear(true); tipSoon(e.currentTarget, problem?.text ?? input.doc, aboutOf(input), e.pointerType === 'touch') }} onPointerLeave={leave} onPointerDown={(e) => e.pointerType === 'touch' || noTip()}
      onFocus={() => setNear(true)} onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setNear(false)}>
      {input.widget ? <PluginWidget name={input.widget} fallback={Chosen} {...props} /> : <Chosen {...props} />}
      {near && <FieldTools node={node} input={input} value={value} reset={reset} />}
      {problem && <ProblemNote id={`${id}-problem`} problem={problem} />}
    </div>
  )
})

/** What a tip says beside the doc: its range and its default. */
function aboutOf(input: InputType): string {
  const range = input.ge !== null && input.le !== null && input.le < 1e9 ? t('field.range', { ge: input.ge, le: input.le }) : ''
  const held = input.default === undefined ? t('field.needed') : input.default === null || input.default === '' ? '' : t('field.default', { value: JSON.stringify(input.default) })
  return [input.name, range, held].filter(Boolean).join(' · ')
}

function ProblemNote({ id, problem }: { id: string; problem: Problem }) {
  const document = useEditor((s) => activeTab(s)?.history.document)
  const catalogue = useEditor((s) => s.catalogue)
  const fix = document && fixFor(problem, document, catalogue)
  return (
    <p className="problem nodrag" id={id}>
      {problem.message}
      {fix && <button type="button" onClick={() => mend([problem])}>{fix.label}</button>}
    </p>
  )
}

function useFlat(node: string): string {
  return useEditor((s) => {
    const tab = activeTab(s)
    return tab ? flatId(tab, node) : node
  })
}
