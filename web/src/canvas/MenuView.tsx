/** The open menu, and the one-line question. Both take the focus, and give it back. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { shownKeys } from '@/app/keys'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useMenu, type Item, type OpenMenu, type Question } from './menu'

export function MenuView() {
  const menu = useMenu((s) => s.menu)
  const question = useMenu((s) => s.question)
  if (menu) return <Menu key={`${menu.label}${menu.at.x},${menu.at.y}`} menu={menu} />
  return question ? <Ask key={question.label} question={question} /> : null
}

/** Take the focus while shown; where it was gets it back unless something else took it. */
function useBorrowedFocus(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(() => {
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
      })
    }
  }, [before])
}

/** Keep a box on the page: where it wants to be, or as near as it fits. */
function usePlaced(at: { x: number; y: number }) {
  const ref = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState(at)
  useLayoutEffect(() => {
    const box = ref.current?.getBoundingClientRect()
    if (box) setPlace({ x: Math.max(8, Math.min(at.x, innerWidth - box.width - 8)), y: Math.max(8, Math.min(at.y, innerHeight - box.height - 8)) })
  }, [at])
  return { ref, style: { left: place.x, top: place.y } }
}

function Menu({ menu }: { menu: OpenMenu }) {
  useBorrowedFocus()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(menu.search ? 0 : -1)
  const { ref, style } = usePlaced(menu.at)
  const sections = useMemo(() => matching(menu, text), [menu, text])
  const items = sections.flat().filter((i) => !i.disabled)
  const close = useMenu((s) => s.close)
  const pressed = useRef(false) // a finger that opened the menu by a long press does not choose by being lifted
  useEffect(() => {
    if (!menu.search) ref.current?.focus()
  }, [menu.search, ref])
  const take = (item: Item | undefined) => {
    if (!item || item.disabled) return
    close()
    item.run()
  }
  const onKey = (e: KeyboardEvent) => {
    const way = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[e.key]
    if (way !== undefined) setChosen((c) => stepped(c, way, items.length))
    else if (e.key === 'Enter' || (e.key === ' ' && !menu.search)) take(items[Math.max(0, chosen)])
    else if (e.key === 'Escape' || e.key === 'Tab') close()
    else if (!menu.search && e.key.length === 1 && !e.ctrlKey && !e.metaKey) setChosen((c) => byLetter(items, e.key, c))
    else { e.stopPropagation(); return }
    e.preventDefault()
    e.stopPropagation()
  }
  return (
    <div className="veil" onPointerDownCapture={() => (pressed.current = true)} onPointerDown={(e) => e.target === e.currentTarget && close()} onContextMenu={(e) => e.preventDefault()}>
      <div ref={ref} className="menu" style={style} onKeyDown={onKey} role={menu.search ? 'dialog' : 'menu'} tabIndex={-1} aria-label={menu.label}
        aria-activedescendant={!menu.search && chosen >= 0 ? `menu-${items[chosen]?.id ?? ''}` : undefined}>
        {menu.search && (
          <input type="search" autoFocus role="combobox" aria-expanded="true" aria-controls="menu-list" aria-label={menu.label} placeholder={menu.label} value={text}
            aria-activedescendant={items[chosen] ? `menu-${items[chosen].id}` : undefined} onChange={(e) => { setText(e.target.value); setChosen(0) }} />
        )}
        <div className="items" id="menu-list" role={menu.search ? 'listbox' : 'presentation'} aria-label={menu.search ? menu.label : undefined}>
          {sections.map((section, i) => (
            <div key={section[0]?.id ?? i} role="group" className="section">
              {section.map((item) => (
                <Row key={item.id} item={item} option={menu.search} chosen={items[chosen] === item} onOver={() => setChosen(items.indexOf(item))} onTake={() => { if (pressed.current) take(item) }} />
              ))}
            </div>
          ))}
          {items.length === 0 && <p className="nothing">{t('menu.nothing')}</p>}
        </div>
      </div>
    </div>
  )
}

function Row({ item, option, chosen, onOver, onTake }: { item: Item; option: boolean; chosen: boolean; onOver: () => void; onTake: () => void }) {
  const role = option ? 'option' : item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'
  return (
    <div id={`menu-${item.id}`} className="item" role={role} aria-disabled={item.disabled ? true : undefined} aria-selected={option ? chosen : undefined} data-chosen={chosen || undefined}
      aria-checked={!option ? item.checked : undefined} aria-keyshortcuts={item.keys?.replace('Ctrl', 'Control')} ref={(el) => { if (chosen) el?.scrollIntoView({ block: 'nearest' }) }}
      onPointerMove={() => !item.disabled && onOver()} onClick={onTake}>
      <span className="lead">{item.colour ? <i className="swatch" style={{ background: item.colour }} /> : item.checked ? <Icon name="check" size={13} /> : null}</span>
      <span className="label">{item.label}</span>
      {item.detail && <span className="detail">{item.detail}</span>}
      {item.keys && <kbd>{shownKeys(item.keys)}</kbd>}
    </div>
  )
}

function matching(menu: OpenMenu, text: string): Item[][] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (i: Item) => words.every((w) => `${i.label} ${i.detail ?? ''}`.toLowerCase().includes(w))
  return menu.sections.map((s) => s.filter(fits)).filter((s) => s.length > 0)
}

function stepped(now: number, way: number, length: number): number {
  if (!Number.isFinite(way)) return way < 0 ? 0 : length - 1
  return (now + way + (now < 0 && way < 0 ? 1 : 0) + length) % Math.max(1, length)
}

/** The next item that begins with a letter. */
function byLetter(items: readonly Item[], letter: string, after: number): number {
  for (let i = 1; i <= items.length; i += 1) {
    const at = (after + i) % items.length
    if (items[at]?.label.toLowerCase().startsWith(letter.toLowerCase())) return at
  }
  return after
}

function Ask({ question }: { question: Question }) {
  useBorrowedFocus()
  const [text, setText] = useState(question.value)
  const { ref, style } = usePlaced(question.at)
  const ask = useMenu((s) => s.ask)
  const close = () => ask(null)
  const onKey = (e: KeyboardEvent) => {
    e.stopPropagation()
    if (e.key === 'Escape') close()
    if (e.key !== 'Enter') return
    close()
    if (text.trim() !== question.value) question.done(text.trim())
  }
  return (
    <div className="veil" onPointerDown={(e) => e.target === e.currentTarget && close()}>
      <div ref={ref} className="menu ask" style={style} role="dialog" aria-label={question.label}>
        <label>
          <span>{question.label}</span>
          <input type="text" autoFocus value={text} onFocus={(e) => e.target.select()} onChange={(e) => setText(e.target.value)} onKeyDown={onKey} />
        </label>
      </div>
    </div>
  )
}
