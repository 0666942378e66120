/** Small pictures in the list of workflows: what a template makes, and what a workflow of one's own made last. */

import { ask } from '@/run/api'
import { isPicture } from '@/run/events'
import type { Entry } from '@/run/names'
import type { RunView } from '@/run/running'
import { fileUrl } from '@/run/urls'

const TEMPLATES: Record<string, string> = import.meta.glob('../templates/*.webp', { eager: true, query: '?url', import: 'default' })
const RUNS = 100

/** Addresses of pictures, by the title of what made them: the newest of each. */
export async function lastPictures(): Promise<ReadonlyMap<string, string>> {
  const { data } = await ask<{ runs: RunView[] }>(`/v1/runs?state=succeeded&limit=${RUNS}`)
  const found = data.runs.flatMap((run): [string, string][] => {
    const file = run.files.find((f) => f.kept && isPicture(f)) ?? run.files.find(isPicture)
    return file ? [[run.name, fileUrl(file)]] : []
  })
  return new Map(found.reverse())
}

export function pictureOf(entry: Entry, last: ReadonlyMap<string, string>): string | undefined {
  return entry.template ? TEMPLATES[`../templates/${entry.name}.webp`] : (last.get(entry.title) ?? last.get(entry.name))
}
