/** Drawing the acts of a mask: its canvas is tinted where the mask is, clear where it is not. */

import { showing, type Act, type Stroke } from './strokes'

const TINT = '#f2a33c' // only how strong it is counts

type Context = CanvasRenderingContext2D

export function blankCanvas(width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement('canvas'), { width, height })
}

export function contextOf(canvas: HTMLCanvasElement): Context {
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('this browser gives no canvas')
  return context
}

/** Draw all acts anew over what the mask was at first. */
export function redraw(canvas: HTMLCanvasElement, first: HTMLCanvasElement, done: readonly Act[]): void {
  const context = contextOf(canvas)
  const { blank, acts } = showing(done)
  context.clearRect(0, 0, canvas.width, canvas.height)
  if (!blank) context.drawImage(first, 0, 0)
  for (const act of acts) draw(context, act)
}

export function draw(context: Context, act: Act): void {
  const { width, height } = context.canvas
  if (act.kind === 'clear') context.clearRect(0, 0, width, height)
  else if (act.kind === 'stroke') drawStroke(context, act)
  else {
    context.save()
    context.globalCompositeOperation = act.kind === 'invert' ? 'xor' : 'source-over'
    context.fillStyle = TINT
    context.fillRect(0, 0, width, height)
    context.restore()
  }
}

/** A stroke is drawn apart first, so that where it crosses itself it is no stronger. */
function drawStroke(context: Context, stroke: Stroke): void {
  const apart = blankCanvas(context.canvas.width, context.canvas.height)
  line(contextOf(apart), stroke)
  context.save()
  context.globalAlpha = stroke.opacity
  context.globalCompositeOperation = stroke.erase ? 'destination-out' : 'source-over'
  context.drawImage(apart, 0, 0)
  context.restore()
}

function line(context: Context, { points, size }: Stroke): void {
  Object.assign(context, { strokeStyle: TINT, fillStyle: TINT, lineCap: 'round', lineJoin: 'round' })
  const [x0, y0, p0] = points[0] ?? [0, 0, 1]
  context.beginPath()
  context.arc(x0, y0, (size * p0) / 2, 0, 2 * Math.PI)
  context.fill()
  let before = [x0, y0] as const
  for (const [x, y, pressure] of points.slice(1)) {
    context.lineWidth = size * pressure
    context.beginPath()
    context.moveTo(...before)
    context.lineTo(x, y)
    context.stroke()
    before = [x, y]
  }
}

/** How strong the mask is at each pixel, 0 to 255. */
export function strengthOf(canvas: HTMLCanvasElement): Uint8Array {
  const { data } = contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height)
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3] ?? 0)
}

/** A canvas that is tinted as strongly as said. */
export function canvasOf(width: number, height: number, strength: (i: number) => number): HTMLCanvasElement {
  const canvas = blankCanvas(width, height)
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i += 1) image.data.set([242, 163, 60, strength(i)], 4 * i)
  contextOf(canvas).putImageData(image, 0, 0)
  return canvas
}
