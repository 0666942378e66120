/** What two documents have different, in words. */

import { t } from '@/app/i18n'
import { isObject, type Json } from '@/model/document'
import { linkedTo } from '@/model/links'
import type { components } from '@/run/schema'

/** As the server's comparison says it: what has to change in the one to get the other. */
export type Difference = components['schemas']['DifferenceAnswer']

const MOST = 40

export function DifferenceList({ difference }: { difference: Difference }) {
  const lines = wordsOf(difference)
  if (lines.length === 0) return <p className="nothing">{t('difference.none')}</p>
  return (
    <ul className="difference" tabIndex={0} aria-label={t('conflict.difference')}>
      {lines.slice(0, MOST).map((line, i) => <li key={i}>{line}</li>)}
      {lines.length > MOST && <li>{t('difference.more', { n: lines.length - MOST })}</li>}
    </ul>
  )
}

export function wordsOf({ nodes, values, links, other, layout }: Difference): string[] {
  return [
    ...Object.entries(nodes.added).map(([id, type]) => t('difference.added', { id, type })),
    ...Object.entries(nodes.removed).map(([id, type]) => t('difference.removed', { id, type })),
    ...[...values, ...links].map((c) => t('difference.changed', { place: c.node ? `${c.node} · ${c.name}` : c.name, before: shown(c.before as Json), after: shown(c.after as Json) })),
    ...other.map((c) => (c.name === 'name' ? t('difference.changed', { place: t('document.title'), before: shown(c.before as Json), after: shown(c.after as Json) }) : t('difference.other', { name: c.name }))),
    ...(layout.length > 0 ? [t('difference.moved', { n: layout.length })] : []),
  ]
}

function shown(value: Json): string {
  if (value === null) return t('difference.nothing')
  if (linkedTo(value) && isObject(value) && typeof value.from === 'string') return value.from
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 58)}…` : text
}
