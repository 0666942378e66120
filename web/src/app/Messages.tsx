/** Messages to the user, and what screen readers are told. */

import { t } from './i18n'
import { Icon } from './Icon'
import { useUi } from './ui'

export function Messages() {
  const messages = useUi((s) => s.messages)
  const said = useUi((s) => s.said)
  const dismiss = useUi((s) => s.dismiss)
  return (
    <>
      <div className="messages">
        {messages.map((m) => (
          <div key={m.id} className={`message ${m.kind}`} role={m.kind === 'bad' ? 'alert' : 'status'}>
            <p>{m.text}</p>
            {m.action && <button type="button" className="link" onClick={() => { m.action?.run(); dismiss(m.id) }}>{m.action.label}</button>}
            <button type="button" aria-label={t('message.dismiss')} onClick={() => dismiss(m.id)}><Icon name="close" size={12} /></button>
          </div>
        ))}
      </div>
      <div className="hidden" role="status" aria-live="polite" data-said={said}>{said}</div>
    </>
  )
}
