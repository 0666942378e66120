/** The picture under a mask: read with the colours that transparency hides, written with a mask as its transparency. */

import { readPng, writePng, type Pixels } from '@/model/png'
import { inputUrl } from '@/run/urls'
import { blankCanvas, canvasOf, contextOf, strengthOf } from './drawing'
import type { Channel } from './state'

export async function loadPicture(file: string): Promise<Pixels> {
  const response = await fetch(inputUrl(file), { credentials: 'same-origin' })
  if (!response.ok) throw new Error(`${file}: ${response.statusText || response.status}`)
  const blob = await response.blob()
  return (await readPng(new Uint8Array(await blob.arrayBuffer()))) ?? drawn(blob)
}

/** As the browser draws it: every kind of picture, upright. */
async function drawn(blob: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(blob)
  const context = contextOf(blankCanvas(bitmap.width, bitmap.height))
  context.drawImage(bitmap, 0, 0)
  return { width: bitmap.width, height: bitmap.height, rgba: new Uint8Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer) }
}

const AT = { red: 0, green: 1, blue: 2, alpha: 3 }

/** The mask that a picture holds. */
export function maskIn({ width, height, rgba }: Pixels, channel: Channel): HTMLCanvasElement {
  const at = AT[channel]
  return canvasOf(width, height, (i) => (channel === 'alpha' ? 255 - (rgba[4 * i + 3] ?? 255) : (rgba[4 * i + at] ?? 0)))
}

/** What is shown under the mask: the colours, without transparency. */
export function shownUnder({ width, height, rgba }: Pixels, channel: Channel): HTMLCanvasElement {
  const canvas = blankCanvas(width, height)
  const image = new ImageData(width, height)
  if (channel === 'alpha') {
    image.data.set(rgba)
    for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255
  } else {
    for (let i = 3; i < image.data.length; i += 4) image.data.set([60, 60, 60, 255], i - 3)
  }
  contextOf(canvas).putImageData(image, 0, 0)
  return canvas
}

/** The file that holds the mask: the picture with it as transparency, or a grey picture of it. */
export function withMask(picture: Pixels, mask: HTMLCanvasElement, channel: Channel): Promise<Blob> {
  const strength = strengthOf(mask)
  const rgba = new Uint8Array(picture.rgba)
  for (let i = 0; i < strength.length; i += 1) {
    const s = strength[i] ?? 0
    if (channel === 'alpha') rgba[4 * i + 3] = 255 - s
    else rgba.set([s, s, s, 255], 4 * i)
  }
  return writePng({ ...picture, rgba })
}
