/** The pictures that runs made last. */

import { ask } from './api'
import { isPicture } from './events'
import type { RunView } from './running'
import type { FileView } from './state'

const RUNS = 40

/** Newest first; a picture that was made several times is there once. */
export async function recentPictures(): Promise<FileView[]> {
  const { data } = await ask<{ runs: RunView[] }>(`/v1/runs?limit=${RUNS}`)
  const all = data.runs.flatMap((run) => run.files.filter(isPicture).map((file): FileView => ({ ...file, run: run.id })))
  return [...new Map(all.reverse().map((file) => [file.digest, file])).values()].reverse()
}
