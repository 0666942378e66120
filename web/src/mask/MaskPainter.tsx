/** Painting a mask over a picture. What is saved is a picture of its own by its content, and the input names it: one step. */

import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { activeTab, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { useUi } from '@/app/ui'
import type { Pixels } from '@/model/png'
import { upload } from '@/run/uploads'
import { edit } from '@/widgets/edit'
import { draw, contextOf, redraw } from './drawing'
import { MaskTools, type Tool } from './MaskTools'
import { loadPicture, maskIn, shownUnder, withMask } from './picture'
import { closeMask, useMask, type Painting } from './state'
import { acted, NOTHING, redone, undone, type Act, type Acts, type Stroke } from './strokes'
import { useBrush, type Look } from './useBrush'

export function MaskPainter() {
  const painting = useMask((s) => s.painting)
  return painting && <MaskDialog key={painting.file} painting={painting} />
}

interface Loaded {
  picture: Pixels
  first: HTMLCanvasElement
}

function MaskDialog({ painting }: { painting: Painting }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [loaded, setLoaded] = useState<Loaded | null>(null)
  useEffect(() => {
    dialog.current?.showModal()
    let gone = false
    loadPicture(painting.file).then(
      (picture) => !gone && setLoaded({ picture, first: maskIn(picture, painting.channel) }),
      (error: unknown) => {
        useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
        closeMask()
      },
    )
    return () => void (gone = true)
  }, [painting])
  return (
    <dialog ref={dialog} className="mask" aria-label={t('mask.label', { file: painting.file })} aria-modal="true" onCancel={(e) => { e.preventDefault(); closeMask() }}>
      {loaded ? <Painter painting={painting} {...loaded} /> : <p className="nothing" role="status">{t('mask.loading')}</p>}
    </dialog>
  )
}

function Painter({ painting, picture, first }: { painting: Painting } & Loaded) {
  const [acts, setActs] = useState<Acts>(NOTHING)
  const [tool, setTool] = useState<Tool>({ erase: false, size: Math.max(4, Math.round(Math.min(picture.width, picture.height) / 8)), opacity: 1 })
  const [look, setLook] = useState<Look>({ x: 0, y: 0, zoom: 0 })
  const [busy, setBusy] = useState(false)
  const [panning, setPanning] = useState(false)
  const stage = useRef<HTMLDivElement>(null)
  const under = useRef<HTMLCanvasElement>(null)
  const mask = useRef<HTMLCanvasElement>(null)
  const ring = useRef<HTMLSpanElement>(null)

  useEffect(() => {
    if (under.current) contextOf(under.current).drawImage(shownUnder(picture, painting.channel), 0, 0)
  }, [picture, painting.channel])
  useEffect(() => {
    if (mask.current) redraw(mask.current, first, acts.done)
  }, [acts, first])
  const fit = useCallback(() => {
    const box = stage.current?.getBoundingClientRect()
    if (box) setLook({ x: 0, y: 0, zoom: Math.min((box.width - 32) / picture.width, (box.height - 32) / picture.height) })
  }, [picture])
  useEffect(fit, [fit])
  useEffect(() => stage.current?.focus(), [])

  const act = (one: Act) => setActs((a) => acted(a, one))
  const frame = useRef(0)
  useBrush({
    stage, canvas: mask, look: setLook,
    begin: (erase) => ({ kind: 'stroke', erase: erase || tool.erase, size: tool.size, opacity: tool.opacity }),
    live: (stroke) => {
      cancelAnimationFrame(frame.current)
      frame.current = requestAnimationFrame(() => mask.current && liveStroke(mask.current, first, acts.done, stroke))
    },
    end: (stroke) => {
      cancelAnimationFrame(frame.current)
      if (stroke) act(stroke)
      else if (mask.current) redraw(mask.current, first, acts.done)
    },
  })
  const save = async () => {
    if (!mask.current) return
    setBusy(true)
    try {
      const file = await upload(await withMask(picture, mask.current, painting.channel))
      const tab = activeTab(useEditor.getState())
      if (tab) edit(painting.node, painting.input, { file })
      useUi.getState().announce(t('mask.saved', { file }))
      closeMask()
    } catch (error) {
      useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  const onKey = (e: KeyboardEvent) => {
    e.stopPropagation()
    const letter = e.key.toLowerCase()
    const typing = e.target instanceof HTMLInputElement && e.target.type === 'number'
    if ((e.ctrlKey || e.metaKey) && letter === 'z') setActs(e.shiftKey ? redone : undone)
    else if ((e.ctrlKey || e.metaKey) && letter === 'y') setActs(redone)
    else if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') void save()
    else if (e.ctrlKey || e.metaKey || e.altKey || typing) return
    else if (letter === 'b' || letter === 'e') setTool((was) => ({ ...was, erase: letter === 'e' }))
    else if (e.key === '[' || e.key === ']') setTool((was) => ({ ...was, size: Math.max(1, Math.round(was.size * (e.key === ']' ? 1.2 : 1 / 1.2))) }))
    else if (letter === 'i') act({ kind: 'invert' })
    else if (letter === 'f' || e.key === '.') fit()
    else if (e.key === ' ' && !(e.target instanceof HTMLButtonElement)) setPanning(true)
    else return
    e.preventDefault()
  }
  const onMove = (e: React.PointerEvent) => {
    if (!ring.current || !stage.current) return
    const box = stage.current.getBoundingClientRect()
    const size = tool.size * look.zoom
    Object.assign(ring.current.style, { width: `${size}px`, height: `${size}px`, transform: `translate(${e.clientX - box.left - size / 2}px, ${e.clientY - box.top - size / 2}px)` })
  }
  const style = { width: picture.width * look.zoom, height: picture.height * look.zoom, transform: `translate(-50%, -50%) translate(${look.x}px, ${look.y}px)` }
  return (
    <div className="painter" onKeyDown={onKey} onKeyUp={(e) => e.key === ' ' && setPanning(false)}>
      <div ref={stage} className="stage" tabIndex={0} role="img" aria-label={t('mask.canvas', { n: acts.done.length })} data-panning={panning || undefined} onPointerMove={onMove} data-acts={acts.done.length}>
        <canvas ref={under} width={picture.width} height={picture.height} style={style} />
        <canvas ref={mask} className="tint" width={picture.width} height={picture.height} style={style} />
        <span ref={ring} className="ring" aria-hidden="true" />
      </div>
      <MaskTools tool={tool} setTool={setTool} act={act} acts={acts} setActs={setActs} fit={fit} busy={busy} save={() => void save()} />
    </div>
  )
}

function liveStroke(mask: HTMLCanvasElement, first: HTMLCanvasElement, done: readonly Act[], stroke: Stroke): void {
  redraw(mask, first, done)
  draw(contextOf(mask), stroke)
}
