/** A list of values: one field an item, which can be added, taken out and moved. Links among them stay as they are. */

import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import type { InputType } from '@/model/catalogue'
import type { Json } from '@/model/document'
import { linkedTo } from '@/model/links'
import { core, type Socket } from '@/model/sockets'
import { ItemField } from './ItemField'
import type { WidgetProps } from './kinds'

/** What one item of it is. */
export function itemOf(input: InputType): InputType {
  const socket = core(input.socket)
  const inner: Socket = input.variadic ? plain(socket) : typeof socket === 'object' && 'list' in socket ? socket.list : 'Json'
  return { ...input, socket: inner, variadic: false, multiline: false, widget: null, default: '' }
}

/** Of "text or list of text" the text. */
function plain(socket: Socket): Socket {
  if (typeof socket === 'string' || !('union' in socket)) return socket
  return socket.union.find((m) => typeof m === 'string' && m !== 'None') ?? socket
}

export function itemsOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

export function ListField({ input, value, label, id, set, node, values }: WidgetProps) {
  const items = itemsOf(value ?? input.default)
  const item = itemOf(input)
  const put = (next: Json[], merge?: string) => set(next.length > 0 || !input.variadic ? next : undefined, merge)
  const move = (i: number, by: number) => {
    const next = [...items]
    next.splice(i + by, 0, ...next.splice(i, 1))
    put(next)
  }
  return (
    <div className="list nodrag" role="group" aria-label={label}>
      <header><span>{label}</span><span className="count">{items.length}</span></header>
      <ol>
        {items.map((one, i) => (
          <li key={i}>
            {linkedTo(one) ? <span className="linked">← {linkedTo(one)?.node}.{linkedTo(one)?.output}</span> : (
              <ItemField input={item} value={one} values={values} node={node} label={t('list.item', { label, n: i + 1 })} id={`${id}-${i}`}
                set={(v, merge) => put(items.map((old, k) => (k === i ? (v ?? '') : old)), merge && `${merge}${i}`)} />
            )}
            <button type="button" disabled={i === 0} aria-label={t('list.up', { n: i + 1 })} onClick={() => move(i, -1)}><Icon name="up" size={12} /></button>
            <button type="button" aria-label={t('list.remove', { n: i + 1 })} onClick={() => put(items.filter((_, k) => k !== i))}><Icon name="close" size={12} /></button>
          </li>
        ))}
      </ol>
      <button type="button" className="add" onClick={() => put([...items, first(item)])}><Icon name="add" size={12} />{t('list.add')}</button>
    </div>
  )
}

function first(item: InputType): Json {
  const socket = core(item.socket)
  if (typeof socket === 'object' && 'choice' in socket) return socket.choice[0] ?? null
  return socket === 'int' || socket === 'float' ? (item.ge ?? 0) : socket === 'bool' ? false : ''
}
