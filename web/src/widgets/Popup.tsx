/** A box over the page that belongs to a field: beside it where there is room, at the foot of a small screen. */

import { useEffect, useLayoutEffect, useRef, type ReactNode } from 'react'
import { createPortal } from 'react-dom'

interface Props {
  anchor: HTMLElement
  close: () => void
  children: ReactNode
  label: string
  className?: string
}

const GAP = 4
const NARROWEST = 240

export function Popup({ anchor, close, children, label, className = '' }: Props) {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const place = () => ref.current && placed(ref.current, anchor)
    place()
    window.addEventListener('resize', place)
    return () => window.removeEventListener('resize', place)
  }, [anchor])
  useEffect(() => {
    const outside = (e: Event) => {
      const at = e.target as Node
      if (!ref.current?.contains(at) && !anchor.contains(at)) close()
    }
    document.addEventListener('pointerdown', outside, true)
    document.addEventListener('wheel', outside, { capture: true, passive: true })
    return () => {
      document.removeEventListener('pointerdown', outside, true)
      document.removeEventListener('wheel', outside, true)
    }
  }, [anchor, close])
  const onKey = (e: React.KeyboardEvent) => {
    e.stopPropagation() // the canvas has the same keys
    if (e.key !== 'Escape') return
    e.preventDefault()
    close()
    anchor.focus()
  }
  return createPortal(
    <div ref={ref} className={`popup nowheel ${className}`} role="dialog" aria-label={label} onKeyDown={onKey}>{children}</div>,
    anchor.closest('dialog') ?? document.body,
  )
}

/** Under the anchor, or over it where there is more room. */
function placed(box: HTMLElement, anchor: HTMLElement): void {
  const at = (anchor.closest('.bar') ?? anchor).getBoundingClientRect()
  const width = Math.min(innerWidth - 16, Math.max(at.width, NARROWEST))
  const below = innerHeight - at.bottom - 12
  const above = at.top - 12
  const up = below < 260 && above > below
  box.style.width = `${width}px`
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`
  box.style.maxHeight = `${Math.min(420, Math.max(160, up ? above : below))}px`
  box.style.top = up ? 'auto' : `${Math.min(at.bottom + GAP, innerHeight - 170)}px`
  box.style.bottom = up ? `${innerHeight - at.top + GAP}px` : 'auto'
}
