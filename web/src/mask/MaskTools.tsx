/** The tools under a mask. */

import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { closeMask } from './state'
import { redone, undone, type Act, type Acts } from './strokes'

export interface Tool {
  erase: boolean
  size: number
  opacity: number
}

interface Props {
  tool: Tool
  setTool: (tool: Tool) => void
  act: (act: Act) => void
  acts: Acts
  setActs: (change: (acts: Acts) => Acts) => void
  fit: () => void
  busy: boolean
  save: () => void
}

export function MaskTools({ tool, setTool, act, acts, setActs, fit, busy, save }: Props) {
  return (
    <div className="mask-tools" role="toolbar" aria-label={t('mask.tools')}>
      <div className="segments">
        <button type="button" aria-pressed={!tool.erase} title={`${t('mask.brush')} (B)`} onClick={() => setTool({ ...tool, erase: false })}><Icon name="brush" />{t('mask.brush')}</button>
        <button type="button" aria-pressed={tool.erase} title={`${t('mask.eraser')} (E)`} onClick={() => setTool({ ...tool, erase: true })}><Icon name="eraser" />{t('mask.eraser')}</button>
      </div>
      <label className="range">{t('mask.size')}<input type="range" min={1} max={512} value={tool.size} onChange={(e) => setTool({ ...tool, size: Number(e.target.value) })} /><output>{tool.size}</output></label>
      <label className="range">{t('mask.opacity')}<input type="range" min={5} max={100} value={Math.round(tool.opacity * 100)} onChange={(e) => setTool({ ...tool, opacity: Number(e.target.value) / 100 })} /><output>{Math.round(tool.opacity * 100)} %</output></label>
      <div className="group">
        <button type="button" disabled={acts.done.length === 0} aria-label={t('mask.undo')} title={t('mask.undo')} onClick={() => setActs(undone)}><Icon name="undo" /></button>
        <button type="button" disabled={acts.undone.length === 0} aria-label={t('mask.redo')} title={t('mask.redo')} onClick={() => setActs(redone)}><Icon name="redo" /></button>
        <button type="button" onClick={() => act({ kind: 'invert' })}>{t('mask.invert')}</button>
        <button type="button" onClick={() => act({ kind: 'fill' })}>{t('mask.fill')}</button>
        <button type="button" onClick={() => act({ kind: 'clear' })}>{t('mask.clear')}</button>
        <button type="button" aria-label={t('mask.fit')} title={`${t('mask.fit')} (F)`} onClick={fit}><Icon name="fit" /></button>
      </div>
      <span className="gap" />
      <button type="button" className="plain" onClick={closeMask}>{t('mask.cancel')}</button>
      <button type="button" className="primary" disabled={busy || acts.done.length === 0} onClick={save}>{t('mask.save')}</button>
    </div>
  )
}
