/** The workflow's public interface as a form: what somebody needs who only wants to use it. */

import { activeTab, typingOf, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { reorderPublic, unpublish } from '@/model/operations'
import { Field } from '@/widgets/Field'

export function FormView() {
  const tab = useEditor((s) => activeTab(s))
  const catalogue = useEditor((s) => s.catalogue)
  if (!tab) return null
  const document = tab.history.document
  const typing = typingOf(document, catalogue)
  const entries = Object.entries(document.inputs ?? {})
  if (entries.length === 0) return <p className="nothing">{t('form.none')}</p>
  const edit = useEditor.getState().edit
  return (
    <form className="form" onSubmit={(e) => e.preventDefault()}>
      {document.description && <p className="about">{document.description}</p>}
      {entries.map(([name, said], i) => {
        const node = document.nodes[said.node]
        const input = node && typing.typeOf(document, said.node, node).inputs.find((x) => x.name === said.input)
        if (!node || !input) return <p key={name} className="problem">{t('form.gone', { name })}</p>
        return (
          <div key={name} className="entry">
            <Field node={said.node} input={{ ...input, doc: said.doc ?? input.doc }} value={node.inputs?.[said.input]} values={node.inputs} label={name} place="form" />
            <div className="tools">
              <button type="button" disabled={i === 0} aria-label={t('form.up', { name })} onClick={() => edit(t('step.form.order'), (d) => reorderPublic(d, name, entries[i - 1]?.[0] ?? null))}><Icon name="down" size={12} /></button>
              <button type="button" aria-label={t('form.remove', { name })} onClick={() => edit(t('step.form.remove', { name }), (d) => unpublish(d, name))}><Icon name="close" size={12} /></button>
            </div>
            {said.doc && <p className="doc">{said.doc}</p>}
          </div>
        )
      })}
    </form>
  )
}
