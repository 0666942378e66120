/** One of many: a list with search, in which hundreds of files or samplers are found by typing. */

import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { found, type Option } from './options'
import { Popup } from './Popup'

interface Props {
  id: string
  label: string
  described?: string | undefined
  shown: Option
  options: () => readonly Option[]
  choose: (value: string) => void
  /** Opened: what is asked of the server can be asked again. */
  opened?: () => void
}

export function Combo({ id, label, described, shown, options, choose, opened }: Props) {
  const [anchor, setAnchor] = useState<HTMLButtonElement | null>(null)
  const [open, setOpen] = useState<{ typed: string } | null>(null)
  const show = (typed = '') => {
    opened?.()
    setOpen({ typed })
  }
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') show()
    else if (e.key.length === 1 && e.key !== ' ' && !e.ctrlKey && !e.metaKey && !e.altKey) show(e.key)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const close = () => setOpen(null)
  return (
    <>
      <button ref={setAnchor} id={id} type="button" className="combo" role="combobox" aria-haspopup="listbox" aria-expanded={open !== null} aria-controls={`${id}-list`} aria-label={label}
        aria-describedby={described} aria-invalid={described !== undefined || shown.bad} onClick={() => (open ? close() : show())} onKeyDown={onKey}>
        {shown.label}
      </button>
      {open && anchor && (
        <Popup anchor={anchor} close={close} label={label}>
          <Chooser list={`${id}-list`} label={label} typed={open.typed} current={shown.value} options={options()}
            choose={(value) => { choose(value); close(); anchor.focus() }} />
        </Popup>
      )}
    </>
  )
}

const MOST = 200

interface ChooserProps {
  list: string
  label: string
  typed: string
  current: string
  options: readonly Option[]
  choose: (value: string) => void
}

function Chooser({ list, label, typed, current, options, choose }: ChooserProps) {
  const own = useId()
  const [text, setText] = useState(typed)
  const matching = useMemo(() => found(options, text), [options, text])
  const shown = matching.slice(0, MOST)
  const [at, setAt] = useState(() => Math.max(0, shown.findIndex((o) => o.value === current)))
  const chosen = shown[Math.min(at, shown.length - 1)]
  const row = useRef<HTMLLIElement>(null)
  const placed = useRef(false)
  useEffect(() => {
    row.current?.scrollIntoView({ block: placed.current ? 'nearest' : 'center' }) // only here: before, the box does not have its height
    placed.current = true
  }, [chosen])
  const onKey = (e: KeyboardEvent) => {
    const way = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[e.key]
    if (way !== undefined) setAt(Math.max(0, Math.min(shown.length - 1, at + way)))
    else if (e.key === 'Enter' && chosen) choose(chosen.value)
    else return
    e.preventDefault()
  }
  const pictures = options.some((o) => o.picture !== undefined)
  return (
    <div className="chooser" data-pictures={pictures || undefined}>
      <div className="find">
        <Icon name="search" size={14} />
        <input type="search" autoFocus role="combobox" aria-expanded="true" aria-controls={list} aria-label={t('combo.search', { label })} placeholder={t('combo.hint', { n: options.length })}
          aria-activedescendant={chosen ? `${own}-${at}` : undefined} value={text} onKeyDown={onKey} onChange={(e) => { setText(e.target.value); setAt(0) }} />
      </div>
      <ul role="listbox" id={list} aria-label={label} tabIndex={-1}>
        {shown.map((o, i) => (
          <li key={o.value} id={`${own}-${i}`} role="option" aria-selected={o === chosen} data-current={o.value === current || undefined}
            ref={o === chosen ? row : undefined} onPointerMove={() => setAt(i)} onClick={() => choose(o.value)}>
            {o.picture !== undefined && <img src={o.picture} alt="" loading="lazy" />}
            <span className="said">{o.label}</span>
            {o.detail && <span className="detail">{o.detail}</span>}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="nothing">{t('combo.none')}</p>}
      {matching.length > MOST && <p className="more">{t('combo.more', { n: matching.length - MOST })}</p>}
    </div>
  )
}
