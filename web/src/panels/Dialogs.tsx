/** The dialog that is open, if one is. */

import { useEffect, useRef, type ReactNode } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { Help } from './Help'
import { OpenDialog } from './OpenDialog'
import { Settings } from './Settings'

export function Dialogs() {
  const dialog = useUi((s) => s.dialog)
  if (dialog === 'open') return <Dialog title={t('dialog.open')}><OpenDialog /></Dialog>
  if (dialog === 'help') return <Dialog title={t('dialog.help')}><Help /></Dialog>
  if (dialog === 'settings') return <Dialog title={t('dialog.settings')}><Settings /></Dialog>
  return null
}

export function closeDialog(): void {
  useUi.getState().show({ dialog: null })
}

export function Dialog({ title, children }: { title: string; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog ref={ref} className="dialog" aria-label={title} aria-modal="true" onCancel={(e) => { e.preventDefault(); closeDialog() }} onClick={(e) => e.target === e.currentTarget && closeDialog()}>
      <div className="inner">
        <header>
          <h2>{title}</h2>
          <button type="button" aria-label={t('dialog.close')} onClick={closeDialog}><Icon name="close" size={14} /></button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
