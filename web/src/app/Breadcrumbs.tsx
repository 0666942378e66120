/** Where the open sheet is: the document, and the subgraphs that were entered. */

import { activeTab, useEditor } from './editor'
import { t } from './i18n'
import { Icon } from './Icon'
import { PortsPanel } from './PortsPanel'
import { titleOf } from '@/run/address'
import { useUi } from './ui'

export function Breadcrumbs() {
  const tab = useEditor((s) => activeTab(s))
  const ports = useUi((s) => s.ports)
  if (!tab || tab.levels.length === 0) return null
  const leave = useEditor.getState().leave
  return (
    <>
    <nav className="crumbs" aria-label={t('crumbs.label')}>
      <button type="button" onClick={() => leave(0)}>{titleOf(tab)}</button>
      {tab.levels.map((level, i) => (
        <span key={`${level.instance}${i}`}>
          <Icon name="right" size={12} />
          <button type="button" aria-current={i === tab.levels.length - 1 ? 'page' : undefined} onClick={() => leave(i + 1)}>{level.instance}</button>
        </span>
      ))}
      <button type="button" className="ports-button" aria-pressed={ports} onClick={() => useUi.getState().show({ ports: !ports })}>{t('cmd.ports')}</button>
    </nav>
    {ports && <PortsPanel />}
    </>
  )
}
