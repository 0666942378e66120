/** A file of a folder that the server knows; pictures can be brought by button, by drop and by paste, and be masked. */

import { useRef, useState, type ClipboardEvent, type DragEvent } from 'react'
import { t } from '@/app/i18n'
import { Icon } from '@/app/Icon'
import { useUi } from '@/app/ui'
import { paintMask, type Channel } from '@/mask/state'
import type { Json } from '@/model/document'
import { refreshFiles, useFileInfo, type FileInfo } from '@/run/files'
import { upload } from '@/run/uploads'
import { Combo } from './Combo'
import type { WidgetProps } from './kinds'
import { bytesSaid, type Option } from './options'
import { noteRecent, recentFiles } from './recent'

const PICTURE = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif)$/i

export function FileField({ node, input, value, values, label, id, described, set }: WidgetProps) {
  const picker = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  const folder = input.folder ?? 'input'
  const files = useFileInfo(folder)
  const name = nameOf(value ?? input.default)
  const missing = name !== '' && files !== null && !files.some((f) => f.file === name)
  const choose = (file: string) => {
    if (file !== '') noteRecent(folder, file)
    set(file === '' ? undefined : { file })
  }
  const bring = async (file: File | undefined) => {
    if (!file) return
    setBusy(true)
    try {
      choose(await upload(file))
    } catch (error) {
      useUi.getState().tell('bad', error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  const taken = (e: DragEvent | ClipboardEvent, data: DataTransfer) => {
    const file = [...data.files].find((f) => f.type.startsWith('image/'))
    if (folder !== 'input' || !file) return
    e.preventDefault()
    e.stopPropagation()
    void bring(file)
  }
  const picture = folder === 'input' && name !== '' && !missing && PICTURE.test(name)
  return (
    <div className="file nodrag" data-missing={missing || undefined} data-busy={busy || undefined} onDragOver={(e) => folder === 'input' && e.preventDefault()} onDrop={(e) => taken(e, e.dataTransfer)} onPaste={(e) => taken(e, e.clipboardData)}>
      <div className="bar select">
        <span className="name" aria-hidden="true">{label}</span>
        <Combo id={id} label={label} described={described} shown={{ value: name, label: shownName(name, missing), bad: missing }} choose={choose}
          options={() => optionsOf(folder, files ?? [], name, missing)} opened={() => void refreshFiles(folder)} />
      </div>
      {picture && (
        <button type="button" title={t('mask.paint')} aria-label={t('mask.paint')} onClick={() => paintMask({ node, input: input.name, file: name, channel: channelOf(values) })}><Icon name="brush" size={14} /></button>
      )}
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

function shownName(name: string, missing: boolean): string {
  return name === '' ? t('file.none') : missing ? t('file.missing', { name }) : name
}

/** What a node that reads one channel as a mask calls it; others read the transparency. */
function channelOf(values: Record<string, Json> | undefined): Channel {
  const said = values?.channel
  return said === 'red' || said === 'green' || said === 'blue' ? said : 'alpha'
}

/** The folder's files, those that were chosen last before the others; a name that is not there stays to be seen. */
function optionsOf(folder: string, files: readonly FileInfo[], name: string, missing: boolean): Option[] {
  const recent = recentFiles(folder)
  const rank = (f: FileInfo) => (recent.includes(f.file) ? recent.indexOf(f.file) : recent.length)
  const options = [...files].sort((a, b) => rank(a) - rank(b)).map((f): Option => ({
    value: f.file, label: f.file, detail: [f.error ? t('file.bad') : f.family, bytesSaid(f.bytes)].filter(Boolean).join(' · '),
    ...(f.url !== undefined && PICTURE.test(f.file) ? { picture: f.url } : {}),
  }))
  return missing ? [{ value: name, label: name, detail: t('file.gone'), bad: true }, ...options] : options
}

export function nameOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ''
  return typeof value.file === 'string' ? value.file : ''
}
