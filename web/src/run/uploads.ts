/** Bringing pictures to the server. */

import { ask } from './api'
import { refreshFiles } from './files'

/** Upload a picture; the name by which a node can load it. Throws ApiError with what is wrong with it. */
export async function upload(file: Blob): Promise<string> {
  const { data } = await ask<{ file: string }>('/v1/uploads', {
    method: 'POST', file, headers: { 'Content-Type': file.type || 'application/octet-stream' },
  })
  await refreshFiles('input')
  return data.file
}
