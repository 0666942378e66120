/** What can be done with a field, beside it: into the form, and back to its default. */

import { activeTab, sheetName, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import type { InputType } from '@/model/catalogue'
import type { Json } from '@/model/document'
import { pinnedAs, togglePin } from './pins'

interface Props {
  node: string
  input: InputType
  value: Json | undefined
  reset: () => void
}

export function FieldTools({ node, input, value, reset }: Props) {
  const pinned = useEditor((s) => {
    const tab = activeTab(s)
    return tab && sheetName(tab) === null ? pinnedAs(tab.history.document, node, input.name) !== null : null
  })
  const changed = canReset(input, value)
  if (pinned === null && !changed) return null
  return (
    <div className="field-tools nodrag" onPointerDown={(e) => e.stopPropagation()}>
      {changed && <button type="button" tabIndex={-1} aria-label={t('field.reset', { name: input.name })} title={`${t('field.reset', { name: input.name })} (Alt+R)`} onClick={reset}><Icon name="undo" size={13} /></button>}
      {pinned !== null && (
        <button type="button" tabIndex={-1} aria-pressed={pinned} aria-label={t(pinned ? 'field.unpin' : 'field.pin', { name: input.name })} title={`${t(pinned ? 'field.unpin' : 'field.pin', { name: input.name })} (Alt+P)`}
          onClick={() => togglePin(node, input.name)}><Icon name="pin" size={13} /></button>
      )}
    </div>
  )
}

/** Whether it says something else than its default. */
export function canReset(input: InputType, value: Json | undefined): boolean {
  return value !== undefined && input.default !== undefined && JSON.stringify(value) !== JSON.stringify(input.default)
}
