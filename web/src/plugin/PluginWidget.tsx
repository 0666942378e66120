/** A plugin's own widget: a custom element from a module that the plugin brings. What fails becomes a tile. */

import { useEffect, useRef, useState } from 'react'
import { t } from '@/app/i18n'
import type { Widget, WidgetProps } from '@/widgets/kinds'
import { loadElement, type CalotypeWidget } from './elements'

interface Props extends WidgetProps {
  name: string
  fallback: Widget
}

export function PluginWidget({ name, fallback: Fallback, ...props }: Props) {
  const [state, setState] = useState<'loading' | 'ready' | { failed: string }>('loading')
  const host = useRef<HTMLDivElement>(null)
  const element = useRef<CalotypeWidget | null>(null)
  const { value, input, node, label, set } = props

  useEffect(() => {
    let gone = false
    loadElement(name).then(
      () => !gone && setState('ready'),
      (error: unknown) => !gone && setState({ failed: messageOf(error) }),
    )
    return () => void (gone = true)
  }, [name])

  useEffect(() => {
    if (state !== 'ready' || !host.current || element.current) return
    try {
      const made = document.createElement(name) as CalotypeWidget
      made.addEventListener('calotype-change', (e) => set((e as CustomEvent<{ value: never }>).detail.value, 'widget'))
      host.current.append(made)
      element.current = made
    } catch (error) {
      queueMicrotask(() => setState({ failed: messageOf(error) }))
    }
  }, [state, name, set])

  useEffect(() => {
    if (!element.current) return
    try {
      element.current.calotype = { version: 1, value: value ?? input.default ?? null, input: { ...input }, node, label }
    } catch (error) {
      element.current.remove()
      element.current = null
      queueMicrotask(() => setState({ failed: messageOf(error) }))
    }
  }, [state, value, input, node, label])

  if (typeof state === 'object') {
    return (
      <div className="tile-failed" role="note" title={state.failed}>
        <span>{t('plugin.failed', { name })}</span>
        <Fallback {...props} />
      </div>
    )
  }
  return state === 'loading' ? <Fallback {...props} /> : <div className="plugin-widget nodrag" ref={host} />
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
