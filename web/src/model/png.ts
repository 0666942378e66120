/** PNG files with 8 bits a channel, read and written pixel by pixel: a canvas would lose colours under transparency. */

export interface Pixels {
  width: number
  height: number
  /** Red, green, blue, alpha; not multiplied. */
  rgba: Uint8Array
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10]
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 }

/** The pixels of a PNG; null for one of another kind (a palette, 16 bits, interlaced), and for what is no PNG. */
export async function readPng(data: Uint8Array): Promise<Pixels | null> {
  if (!SIGNATURE.every((byte, i) => data[i] === byte)) return null
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  const channels = CHANNELS[data[25] ?? 3]
  if (data[24] !== 8 || channels === undefined || data[28] !== 0) return null
  const parts: Uint8Array[] = []
  for (let at = 8; at + 12 <= data.length; ) {
    const length = view.getUint32(at)
    const name = String.fromCharCode(...data.subarray(at + 4, at + 8))
    if (name === 'tRNS') return null
    if (name === 'IDAT') parts.push(data.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const raw = await through(new DecompressionStream('deflate'), parts)
  return raw.length < (width * channels + 1) * height ? null : { width, height, rgba: spread(unfiltered(raw, width, height, channels), channels) }
}

/** A PNG with these pixels. */
export async function writePng({ width, height, rgba }: Pixels): Promise<Blob> {
  const raw = new Uint8Array((width * 4 + 1) * height)
  for (let y = 0; y < height; y += 1) {
    raw[y * (width * 4 + 1)] = y === 0 ? 1 : 2 // the difference to the left, then to the row above
    for (let x = 0; x < width * 4; x += 1) {
      const at = y * width * 4 + x
      const before = y === 0 ? (x < 4 ? 0 : (rgba[at - 4] ?? 0)) : (rgba[at - width * 4] ?? 0)
      raw[y * (width * 4 + 1) + 1 + x] = (rgba[at] ?? 0) - before
    }
  }
  const head = new Uint8Array(13)
  const view = new DataView(head.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  head.set([8, 6, 0, 0, 0], 8)
  const body = await through(new CompressionStream('deflate'), [raw])
  const chunks = [new Uint8Array(SIGNATURE), chunk('IHDR', head), chunk('IDAT', body), chunk('IEND', new Uint8Array())]
  return new Blob(chunks as BlobPart[], { type: 'image/png' })
}

async function through(stream: CompressionStream | DecompressionStream, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const whole = new Blob([...parts] as BlobPart[]).stream().pipeThrough(stream)
  return new Uint8Array(await new Response(whole).arrayBuffer())
}

/** Undo the filters of the rows (PNG specification, third edition, section 9). */
function unfiltered(raw: Uint8Array, width: number, height: number, channels: number): Uint8Array {
  const row = width * channels
  const out = new Uint8Array(row * height)
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (row + 1)] ?? 0
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x
      const left = x < channels ? 0 : (out[at - channels] ?? 0)
      const up = y === 0 ? 0 : (out[at - row] ?? 0)
      const corner = x < channels || y === 0 ? 0 : (out[at - row - channels] ?? 0)
      out[at] = (raw[y * (row + 1) + 1 + x] ?? 0) + guess(filter, left, up, corner)
    }
  }
  return out
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  if (filter !== 4) return 0
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

function spread(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 4) return data
  const n = data.length / channels
  const out = new Uint8Array(n * 4)
  for (let i = 0; i < n; i += 1) {
    for (let c = 0; c < 3; c += 1) out[4 * i + c] = data[i * channels + (channels < 3 ? 0 : c)] ?? 0
    out[4 * i + 3] = channels === 2 ? (data[2 * i + 1] ?? 0) : 255
  }
  return out
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  out.set(Array.from(name, (c) => c.charCodeAt(0)), 4)
  out.set(data, 8)
  view.setUint32(data.length + 8, crc(out.subarray(4, data.length + 8)))
  return out
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

function crc(data: Uint8Array): number {
  let c = 0xffffffff
  for (const byte of data) c = (TABLE[(c ^ byte) & 255] ?? 0) ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}
