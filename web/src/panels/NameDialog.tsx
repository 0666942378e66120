/** A name for the open document: to save it under another one, or to give it another title and file. */

import { useState } from 'react'
import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { messageOf, rename, saveAs } from '@/run/documents'
import { nameable } from '@/run/names'
import { closeDialog } from './Dialogs'

export function NameDialog({ id, saving }: { id: string; saving: boolean }) {
  const tab = useEditor((s) => s.tabs.find((x) => x.id === id))
  const before = tab?.history.document.name ?? ''
  const [title, setTitle] = useState(before)
  const [name, setName] = useState(tab?.name ?? '')
  const [own, setOwn] = useState(tab?.name != null && tab.name !== nameable(before))
  const [failed, setFailed] = useState('')
  if (!tab) return null
  const file = own ? name : nameable(title)
  const submit = async () => {
    try {
      const done = saving ? await saveAs(id, title.trim() || file) : (await rename(id, file, title.trim()), true)
      if (done) closeDialog()
    } catch (error) {
      setFailed(messageOf(error))
    }
  }
  return (
    <form className="naming" onSubmit={(e) => { e.preventDefault(); void submit() }}>
      <label>{t('document.title')}<input autoFocus required maxLength={200} value={title} onFocus={(e) => e.target.select()} onChange={(e) => setTitle(e.target.value)} /></label>
      {!saving && (
        <label>
          {t('document.name')}
          <input required maxLength={80} value={file} aria-describedby="naming-file" onChange={(e) => { setOwn(true); setName(e.target.value) }} />
        </label>
      )}
      <p id="naming-file" className="hint">{t('document.file', { file: `${nameable(file)}.json` })}</p>
      {failed && <p className="problem" role="alert">{failed}</p>}
      <div className="actions">
        <button type="button" onClick={closeDialog}>{t('dialog.cancel')}</button>
        <button type="submit" className="primary">{t(saving ? 'cmd.save' : 'document.rename.do')}</button>
      </div>
    </form>
  )
}
