/** Above the canvas of an old version: what one looks at, and what can be done with it. */

import { messageOf, openCopy, restoreVersion, timeOf } from '@/run/documents'
import { activeTab, useEditor } from './editor'
import { t } from './i18n'
import { useUi } from './ui'

export function Banner() {
  const tab = useEditor(activeTab)
  if (!tab?.reading) return null
  const { name, revision, at } = tab.reading
  const restore = () => void restoreVersion(name, revision).catch((error: unknown) => useUi.getState().tell('bad', messageOf(error)))
  return (
    <div className="banner" role="status">
      <span>{t('reading.banner', { name, number: revision, at: timeOf(at) })}</span>
      <button type="button" className="primary" onClick={restore}>{t('version.restore')}</button>
      <button type="button" onClick={() => openCopy(tab.history.document, name)}>{t('version.copy')}</button>
    </div>
  )
}
