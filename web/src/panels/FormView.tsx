/** The workflow's public interface as a form, with the run and its pictures: all that is needed to use it. */

import { useState } from 'react'
import { activeTab, typingOf, useEditor, type Tab } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { shownInputs, type InputType } from '@/model/catalogue'
import { entriesOf, type Entry } from '@/model/form'
import { Field } from '@/widgets/Field'
import { FormArrange } from './FormArrange'
import { FormEarlier } from './FormEarlier'
import { FormResult } from './FormResult'
import { FormRun } from './FormRun'

export function FormView() {
  const tab = useEditor((s) => activeTab(s))
  const catalogue = useEditor((s) => s.catalogue)
  const [arranging, setArranging] = useState(false)
  if (!tab) return null
  const document = tab.history.document
  const entries = entriesOf(document)
  if (entries.length === 0) return <p className="nothing">{t('form.none')}</p>
  const typing = typingOf(document, catalogue)
  const inputOf = ({ said }: Entry): InputType | undefined => {
    const node = document.nodes[said.node]
    return node && typing.typeOf(document, said.node, node).inputs.find((x) => x.name === said.input)
  }
  const shown = (entry: Entry, input: InputType) => {
    const node = document.nodes[entry.said.node]
    return node !== undefined && (!input.when || shownInputs(typing.typeOf(document, entry.said.node, node), node.inputs).includes(input))
  }
  return (
    <div className="form-view">
      <form className="form" aria-label={t('panel.form')} onSubmit={(e) => e.preventDefault()}>
        {document.description && <p className="about">{document.description}</p>}
        <FormResult />
        {arranging ? <FormArrange entries={entries} /> : entries.map((entry) => {
          const input = inputOf(entry)
          if (input && !shown(entry, input)) return null
          return <FormEntry key={entry.name} tab={tab} entry={entry} input={input} />
        })}
        <button type="button" className="arrange" aria-pressed={arranging} onClick={() => setArranging(!arranging)}><Icon name={arranging ? 'check' : 'settings'} size={13} />{t(arranging ? 'form.arranged' : 'form.arrange')}</button>
        <FormEarlier tab={tab} />
      </form>
      <FormRun />
    </div>
  )
}

/** "start_at_step" as people say it. */
function spoken(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function FormEntry({ tab, entry: { name, said, section }, input }: { tab: Tab; entry: Entry; input: InputType | undefined }) {
  const values = tab.history.document.nodes[said.node]?.inputs
  return (
    <>
      {section !== null && <h3>{section}</h3>}
      {input ? (
        <div className="entry">
          <Field node={said.node} input={said.doc === undefined ? input : { ...input, doc: said.doc }} value={values?.[said.input]} values={values} label={spoken(name)} place="form" />
          {said.doc && <p className="doc">{said.doc}</p>}
        </div>
      ) : <p className="problem">{t('form.gone', { name })}</p>}
    </>
  )
}
