/** The page: what stands where, and what is connected to the server while it is open. */

import { useEffect } from 'react'
import { Canvas } from '@/canvas/Canvas'
import { bringIn, bringOnto } from '@/run/importing'
import { canvas } from '@/canvas/gestures'
import { Palette } from '@/panels/Palette'
import { LeftPanel } from '@/panels/LeftPanel'
import { RightPanel } from '@/panels/RightPanel'
import { Dialogs } from '@/panels/Dialogs'
import { Lightbox } from '@/panels/Lightbox'
import { MaskPainter } from '@/mask/MaskPainter'
import { TipView } from '@/widgets/TipView'
import { Tray } from '@/panels/Tray'
import { activeTab, useEditor } from './editor'
import { Banner } from './Banner'
import { Breadcrumbs } from './Breadcrumbs'
import { connect } from './connecting'
import { DropHere } from './DropHere'
import { Hint } from './Hint'
import { Messages } from './Messages'
import { isSmall, usePrefs } from './prefs'
import { Rail } from './Rail'
import { TopBar } from './TopBar'
import { useUi } from './ui'
import { t } from './i18n'

export function App() {
  const theme = useUi((s) => s.theme)
  useEffect(() => connect(), [])
  useEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])
  const motion = usePrefs((s) => s.motion)
  useEffect(() => {
    document.documentElement.dataset.motion = motion
  }, [motion])
  useFirstView()
  return (
    <div className="app" onDragOver={(e) => e.dataTransfer.types.includes('Files') && e.preventDefault()} onDrop={onDrop}>
      <a className="skip" href="#outline" onClick={(e) => { e.preventDefault(); useUi.getState().show({ panel: 'outline' }) }}>{t('skip.outline')}</a>
      <TopBar />
      <div className="body">
        <Rail />
        <LeftPanel />
        <main className="stage">
          <Breadcrumbs />
          <Banner />
          <Stage />
          <Tray />
          <Hint />
          <DropHere />
        </main>
        <RightPanel />
      </div>
      <Palette />
      <Lightbox />
      <Dialogs />
      <MaskPainter />
      <TipView />
      <Messages />
    </div>
  )
}

/** On a small screen a workflow with a form begins as the form; what the user set goes before. */
function useFirstView(): void {
  const active = useEditor((s) => s.active)
  useEffect(() => {
    const tab = activeTab(useEditor.getState())
    if (!tab || !isSmall()) return
    const form = usePrefs.getState().first === 'form' && Object.keys(tab.history.document.inputs ?? {}).length > 0
    useUi.getState().show({ panel: form ? 'form' : null, side: null })
  }, [active])
}

function Stage() {
  const tab = useEditor((s) => activeTab(s))
  return tab ? <Canvas key={`${tab.id}/${tab.levels.map((l) => l.instance).join('/')}`} tab={tab} /> : <p className="nothing">{t('canvas.nothing')}</p>
}

function onDrop(e: React.DragEvent): void {
  if (e.defaultPrevented || e.dataTransfer.files.length === 0) return
  e.preventDefault()
  const at = canvas()?.rf.screenToFlowPosition({ x: e.clientX, y: e.clientY }) ?? { x: 0, y: 0 }
  const files = [...e.dataTransfer.files]
  const node = e.target instanceof Element ? e.target.closest<HTMLElement>('[data-node]')?.dataset.node : undefined
  if (node === undefined || !bringOnto(node, files)) void bringIn(files, at)
}
