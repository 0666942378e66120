/** The saved versions of the open document: looked at, and restored. */

import { useEffect, useState } from 'react'
import { activeTab, useEditor } from '@/app/editor'
import { t, type Key } from '@/app/i18n'
import { useUi } from '@/app/ui'
import { clientId } from '@/run/client'
import { look, messageOf, restoreVersion, timeOf, versionsOf, type Version } from '@/run/documents'

const tell = (error: unknown) => useUi.getState().tell('bad', messageOf(error))
const KINDS: Record<string, Key> = { saved: 'version.saved', restored: 'version.again', 'by hand': 'version.hand', template: 'version.template' }

export function Versions() {
  const name = useEditor((s) => { const tab = activeTab(s); return tab?.reading?.name ?? (tab?.revision == null ? null : tab.name) })
  const revision = useEditor((s) => { const tab = activeTab(s); return tab?.reading?.revision ?? tab?.revision })
  const [found, setFound] = useState<readonly Version[]>([])
  useEffect(() => {
    if (name !== null) versionsOf(name).then(setFound, tell)
  }, [name, revision])
  if (name === null) return <p className="nothing">{t('version.none')}</p>
  return (
    <ol className="versions">
      {found.map((version, i) => (
        <li key={version.number} aria-current={version.number === revision ? 'true' : undefined}>
          <button type="button" className="place" aria-label={t('version.look', { number: version.number })} onClick={() => void look(name, version).catch(tell)}>
            <strong>{timeOf(version.at)}</strong>
            <span>{t(KINDS[version.kind] ?? 'version.saved', { number: version.number, who: whoOf(version.author) })}</span>
          </button>
          {i > 0 && <button type="button" aria-label={t('version.restore.label', { number: version.number })} onClick={() => void restoreVersion(name, version.number).catch(tell)}>{t('version.restore')}</button>}
        </li>
      ))}
    </ol>
  )
}

function whoOf(author: string): string {
  if (author === clientId()) return t('version.here')
  return author === '' ? t('version.nobody') : author.startsWith('web-') ? t('version.page') : author
}
