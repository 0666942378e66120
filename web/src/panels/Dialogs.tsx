/** The dialog that is open, if one is. */

import { useEffect, useRef, type ReactNode } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { GroupGrid } from './GroupGrid'
import { ConflictDialog } from './ConflictDialog'
import { Help } from './Help'
import { ImportReport } from './ImportReport'
import { NameDialog } from './NameDialog'
import { OpenDialog } from './OpenDialog'
import { Settings } from './Settings'
import { SweepDialog } from './SweepDialog'

export function Dialogs() {
  const dialog = useUi((s) => s.dialog)
  if (dialog === 'open') return <Dialog title={t('dialog.open')}><OpenDialog /></Dialog>
  if (dialog === 'help') return <Dialog title={t('dialog.help')} wide><Help /></Dialog>
  if (dialog === 'sweep') return <Dialog title={t('sweep.title')}><SweepDialog /></Dialog>
  if (dialog?.startsWith('group:')) return <Dialog title={t('group.label')} wide><GroupGrid id={dialog.slice('group:'.length)} /></Dialog>
  if (dialog === 'settings') return <Dialog title={t('dialog.settings')}><Settings /></Dialog>
  const [what, id] = (dialog ?? '').split(':')
  if (id === undefined) return null
  if (what === 'conflict') return <Dialog title={t('dialog.conflict')}><ConflictDialog id={id} /></Dialog>
  if (what === 'report') return <Dialog title={t('dialog.report')}><ImportReport id={id} /></Dialog>
  if (what === 'saveas') return <Dialog title={t('dialog.saveas')}><NameDialog id={id} saving /></Dialog>
  if (what === 'rename') return <Dialog title={t('dialog.rename')}><NameDialog id={id} saving={false} /></Dialog>
  return null
}

export function closeDialog(): void {
  useUi.getState().show({ dialog: null })
}

export function Dialog({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    const into = dialog?.querySelector<HTMLElement>('.contents :is(input:not([hidden]), textarea, select)') ?? dialog?.querySelector<HTMLElement>('.contents .primary')
    const typed = into instanceof HTMLElement && into.matches('[type=text], [type=search], :not([type])')
    if (into && !(typed && matchMedia('(pointer: coarse)').matches)) into.focus() // the keys of a phone come when they are asked for
    else dialog?.focus()
    return () => dialog?.close()
  }, [])
  return (
    <dialog ref={ref} tabIndex={-1} className="dialog" data-wide={wide || undefined} aria-label={title} aria-modal="true" onCancel={(e) => { e.preventDefault(); closeDialog() }} onClick={(e) => e.target === e.currentTarget && closeDialog()}>
      <div className="inner">
        <header>
          <h2>{title}</h2>
          <button type="button" aria-label={t('dialog.close')} onClick={closeDialog}><Icon name="close" size={14} /></button>
        </header>
        <div className="contents">{children}</div>
      </div>
    </dialog>
  )
}
