/** A file of a folder that the server knows; pictures can be brought by button, by drop and by paste. */

import { useRef, useState, type DragEvent } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import type { Json } from '@/model/document'
import { useFiles } from '@/run/files'
import { upload } from '@/run/uploads'
import type { WidgetProps } from './kinds'
import { Select } from './Select'

export function FileField({ input, value, label, id, described, set }: WidgetProps) {
  const picker = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  const folder = input.folder ?? 'input'
  const names = useFiles(folder)
  const shown = nameOf(value ?? input.default)
  const bring = async (file: File | undefined) => {
    if (!file) return
    setBusy(true)
    try {
      set({ file: await upload(file) })
    } catch (error) {
      useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  const onDrop = (e: DragEvent) => {
    if (folder !== 'input' || e.dataTransfer.files.length === 0) return
    e.preventDefault()
    e.stopPropagation()
    void bring(e.dataTransfer.files[0])
  }
  return (
    <div className="file nodrag" onDragOver={(e) => folder === 'input' && e.preventDefault()} onDrop={onDrop}>
      <label className="bar select">
        <span className="name">{label}</span>
        <Select id={id} label={label} described={described} shown={{ value: shown, label: shown || t('file.none') }}
          choose={(name) => set(name === '' ? undefined : { file: name })} options={() => names.map((name) => ({ value: name, label: name }))} />
      </label>
      {folder === 'input' && (
        <>
          <button type="button" disabled={busy} title={t('file.upload')} aria-label={t('file.upload')} onClick={() => picker.current?.click()}>
            <Icon name="upload" size={14} />
          </button>
          <input ref={picker} type="file" accept="image/*" hidden onChange={(e) => void bring(e.target.files?.[0])} />
        </>
      )}
    </div>
  )
}

export function nameOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ''
  return typeof value.file === 'string' ? value.file : ''
}
