/** Addresses on the server. */

import type { FileView } from './state'

export function fileUrl(file: Pick<FileView, 'digest'>): string {
  return `/v1/files/${encodeURIComponent(file.digest)}`
}

/** The file as it is taken away: a PNG with the record of its run inside. */
export function downloadUrl(file: Pick<FileView, 'digest' | 'run'>): string {
  return file.run ? `${fileUrl(file)}?run=${file.run}` : fileUrl(file)
}

export function inputUrl(name: string): string {
  return `/v1/inputs/${encodeURIComponent(name)}`
}
