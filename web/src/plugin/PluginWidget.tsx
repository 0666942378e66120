/** A plugin's own widget: a custom element from a module that the plugin brings. What fails becomes a tile. */

import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { t } from '@/app/i18n'
import type { Widget, WidgetProps } from '@/widgets/kinds'
import type { Json } from '@/model/document'
import { guarded, loadElement, made, type CalotypeWidget } from './elements'

interface Props extends WidgetProps {
  name: string
  fallback: Widget
}

export function PluginWidget({ name, fallback: Fallback, ...props }: Props) {
  const [state, setState] = useState<'loading' | 'ready' | { failed: string }>('loading')
  const host = useRef<HTMLDivElement>(null)
  const element = useRef<CalotypeWidget | null>(null)
  const { value, values, input, node, label, set } = props

  useEffect(() => {
    let gone = false
    loadElement(name).then(
      () => !gone && setState('ready'),
      (error: unknown) => !gone && setState({ failed: messageOf(error) }),
    )
    return () => void (gone = true)
  }, [name])

  const given = useRef(set)
  useEffect(() => void (given.current = set), [set])

  useEffect(() => {
    if (state !== 'ready' || !host.current) return
    try {
      if (!element.current) {
        const one = made(name)
        one.addEventListener('calotype-change', (e) => given.current((e as CustomEvent<{ value: Json }>).detail.value, 'widget'))
        element.current = one
      }
      const [one, place] = [element.current, host.current]
      guarded(() => {
        one.calotype = { version: 1, value: value ?? input.default ?? null, values: { ...values }, input: { ...input }, node, label }
        if (one.parentElement !== place) place.append(one)
      })
    } catch (error) {
      element.current?.remove()
      element.current = null
      queueMicrotask(() => setState({ failed: messageOf(error) }))
    }
  }, [state, name, value, values, input, node, label])

  if (typeof state === 'object') {
    return (
      <div className="tile-failed" role="note" title={state.failed}>
        <span>{t('plugin.failed', { name })} {state.failed}</span>
        <Fallback {...props} />
      </div>
    )
  }
  return state === 'loading' ? <Fallback {...props} /> : <div className="plugin-widget nodrag" ref={host} onKeyDown={ownKeys} />
}

/** Keys inside of a widget are its own, but for combinations: the canvas cannot see into its shadow. */
function ownKeys(e: KeyboardEvent): void {
  if (!e.ctrlKey && !e.metaKey && !e.altKey && e.key !== 'Tab' && e.key !== 'Escape') e.stopPropagation()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
