/** The name of a secret. Its value never comes to this page: the server's operator sets it. */

import { t } from '@/app/i18n'
import type { WidgetProps } from './kinds'

export function SecretField({ value, label, id, described, set }: WidgetProps) {
  const name = typeof value === 'object' && value !== null && !Array.isArray(value) ? value.secret : ''
  return (
    <label className="bar nodrag" title={t('secret.why')}>
      <span className="name">{label}</span>
      <input id={id} type="text" aria-label={label} aria-describedby={described} placeholder={t('secret.name')} value={typeof name === 'string' ? name : ''} spellCheck={false}
        onChange={(e) => set(e.target.value === '' ? undefined : { secret: e.target.value }, 'text')} />
    </label>
  )
}
