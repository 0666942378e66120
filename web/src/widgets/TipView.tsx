/** The tip that is shown. Readers of the page hear the same as the field's description. */

import { useEffect } from 'react'
import { noTip, useTip } from './tip'

export function TipView() {
  const tip = useTip((s) => s.tip)
  useEffect(() => {
    if (!tip) return
    const events = new AbortController()
    const { signal } = events
    for (const name of ['wheel', 'keydown', 'pointerdown'] as const) window.addEventListener(name, noTip, { signal, capture: true, passive: true })
    return () => events.abort()
  }, [tip])
  if (!tip) return null
  const above = tip.at.top > 90
  const left = Math.max(8, Math.min(tip.at.left, innerWidth - 308))
  const place = above ? { bottom: innerHeight - tip.at.top + 6 } : { top: tip.at.bottom + 6 }
  return (
    <div className="tip" role="presentation" style={{ left, ...place }}>
      <p>{tip.text}</p>
      {tip.more && <p className="more">{tip.more}</p>}
    </div>
  )
}
