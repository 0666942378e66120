/** Names of documents on the server. */

import { useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import { ask } from './api'
import type { components } from './schema'

export type Entry = components['schemas']['WorkflowEntry']
export type Listed = components['schemas']['WorkflowList']

export const pathOf = (name: string, more = '') => `/v1/workflows/${encodeURIComponent(name)}${more}`

export async function listAll(): Promise<Listed> {
  return (await ask<Listed>('/v1/workflows')).data
}

/** What can be the name of a file on every system, near what was wished for. */
export function nameable(wished: string): string {
  return wished.replace(/[\\/:*?"<>|.\p{Cc}]+/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 80) || t('document.untitled')
}

/** A name that nobody has: neither a document, nor unsaved work, nor a tab of this page. */
export async function freeName(wished: string): Promise<string> {
  const base = nameable(wished)
  const { workflows, unsaved } = await listAll()
  const tabs = useEditor.getState().tabs.map((tab) => tab.name ?? '')
  const taken = new Set([...workflows.map((e) => e.name), ...unsaved, ...tabs].map((name) => name.toLowerCase()))
  if (!taken.has(base.toLowerCase())) return base
  for (let n = 2; ; n += 1) if (!taken.has(`${base} ${n}`.toLowerCase())) return `${base} ${n}`
}
