/** What can be done with the open document as a whole. */

import { useMenu, type Item } from '@/canvas/menu'
import { commandLine } from '@/model/commandline'
import type { WorkflowDocument } from '@/model/document'
import { linkTo, titleOf } from '@/run/address'
import { discard, duplicate, messageOf, openCopy, restoreVersion, save } from '@/run/documents'
import { nameable } from '@/run/names'
import { useReports } from '@/run/reports'
import { useEditor, type Tab } from './editor'
import { t } from './i18n'
import { useUi } from './ui'

const tell = (error: unknown) => useUi.getState().tell('bad', messageOf(error))
const dialog = (name: string) => useUi.getState().show({ dialog: name })

export function openDocumentMenu(id: string, at: { x: number; y: number }): void {
  const tab = useEditor.getState().tabs.find((x) => x.id === id)
  if (tab) useMenu.getState().open({ label: t('document.menu', { name: titleOf(tab) }), at, sections: tab.reading ? reading(tab, tab.reading) : editing(tab), search: false })
}

function reading(tab: Tab, { name, revision }: NonNullable<Tab['reading']>): Item[][] {
  return [
    [
      { id: 'restore', label: t('version.restore'), run: () => void restoreVersion(name, revision).catch(tell) },
      { id: 'copy', label: t('version.copy'), run: () => openCopy(tab.history.document, name) },
    ],
    takeAway(tab),
  ]
}

function editing(tab: Tab): Item[][] {
  const onServer = tab.name !== null && tab.revision !== null
  const reported = tab.id in useReports.getState().reports
  return [
    [
      { id: 'save', label: t('cmd.save'), keys: 'Ctrl+S', run: () => void save(tab.id) },
      { id: 'saveas', label: t('document.saveas'), keys: 'Ctrl+Shift+S', run: () => dialog(`saveas:${tab.id}`) },
      { id: 'rename', label: t('document.rename'), run: () => dialog(`rename:${tab.id}`) },
      { id: 'duplicate', label: t('document.duplicate'), run: () => void duplicate(tab.id).catch(tell) },
    ],
    [
      { id: 'versions', label: t('document.versions'), disabled: !onServer, run: () => useUi.getState().show({ panel: 'history' }) },
      { id: 'sweep', label: t('menu.sweep'), run: () => dialog('sweep') },
      ...(reported ? [{ id: 'report', label: t('document.report'), run: () => dialog(`report:${tab.id}`) }] : []),
    ],
    takeAway(tab),
    [{ id: 'trash', label: t('document.trash'), disabled: !onServer, run: () => void discard(tab.name ?? '').catch(tell) }],
  ]
}

function takeAway(tab: Tab): Item[] {
  const name = tab.name ?? tab.source
  return [
    { id: 'download', label: t('document.download'), run: () => download(tab) },
    { id: 'json', label: t('document.json'), run: () => void copy(textOf(tab.history.document), t('copied.json')) },
    { id: 'command', label: t('document.command'), run: () => void copy(commandOf(tab), t(tab.template ? 'copied.command' : 'copied.command.file', { file: fileOf(tab) })) },
    ...(name !== null && !tab.reading ? [{ id: 'link', label: t('document.link'), run: () => void copy(linkTo(name), t('copied.link')) }] : []),
  ]
}

function textOf(document: WorkflowDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

function fileOf(tab: Tab): string {
  return `${nameable(tab.name ?? tab.history.document.name ?? '')}.json`
}

function commandOf(tab: Tab): string {
  return commandLine(tab.history.document, tab.template && tab.source !== null ? tab.source : fileOf(tab))
}

function download(tab: Tab): void {
  const url = URL.createObjectURL(new Blob([textOf(tab.history.document)], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: fileOf(tab) })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** Browsers give the clipboard to pages of secure addresses only; elsewhere the text is shown to be copied. */
async function copy(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    useUi.getState().tell('good', said)
  } catch {
    useUi.getState().tell('note', text)
  }
}
