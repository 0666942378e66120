/** In a node a list stands behind a button: its items are sockets there already, and values get a box of their own. */

import { useState } from 'react'
import { create } from 'zustand'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { takesLiteral, type InputType } from '@/model/catalogue'
import type { Json } from '@/model/document'
import { isList } from '@/model/sockets'
import { edit } from './edit'
import { itemOf, itemsOf, ListField } from './ListField'
import type { WidgetProps } from './kinds'
import { Popup } from './Popup'

interface Props {
  node: string
  input: InputType
  values: Record<string, Json> | undefined
}

/** Whether values can stand in it, rather than links only, and this is the place after its last item. */
export function editsAsList(input: InputType, value: Json | undefined, index: number | null): boolean {
  if (!takesLiteral(input.socket) || (index !== null && index < itemsOf(value).length)) return false
  const item = itemOf(input).socket
  return input.variadic ? item !== 'Any' && !(typeof item === 'object' && 'var' in item) : isList(input.socket)
}

/** The list that is open: the button moves to another row when an item is added. */
const useOpen = create<{ list: string | null }>()(() => ({ list: null }))

export function ListButton({ node, input, values }: Props) {
  const [anchor, setAnchor] = useState<HTMLButtonElement | null>(null)
  const key = `${node}.${input.name}`
  const open = useOpen((s) => s.list === key)
  const setOpen = (on: boolean) => useOpen.setState({ list: on ? key : null })
  const n = itemsOf(values?.[input.name]).length
  return (
    <>
      <button ref={setAnchor} type="button" className="list-open nodrag" aria-expanded={open} aria-label={t('list.open', { label: input.name, n })} title={t('list.open', { label: input.name, n })} onClick={() => setOpen(!open)}>
        <Icon name="menu" size={12} />{n}
      </button>
      {open && anchor && (
        <Popup anchor={anchor} close={() => setOpen(false)} label={input.name} className="boxed">
          <ListField node={node} input={input} value={values?.[input.name]} values={values} label={input.name} id={`list-${node}-${input.name}`}
            set={(value, merge) => edit(node, input.name, value, merge)} />
        </Popup>
      )}
    </>
  )
}

/** A list in a node: its name, and the button that opens it. */
export function ListBar({ node, input, values, label }: WidgetProps) {
  return (
    <div className="bar nodrag">
      <span className="name">{label}</span>
      <ListButton node={node} input={input} values={values} />
    </div>
  )
}
