/** Addresses on the server. */

import type { FileView } from './state'

export function fileUrl(file: Pick<FileView, 'digest'>): string {
  return `/v1/files/${encodeURIComponent(file.digest)}`
}

export function inputUrl(name: string): string {
  return `/v1/inputs/${encodeURIComponent(name)}`
}
