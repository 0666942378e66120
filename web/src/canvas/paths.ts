/** The geometry of links. */

export type Point = [number, number]

const STIFF = 0.5
const LEAST = 30
const MOST = 160

/** A smooth path from an output over some bends to an input: it leaves and arrives horizontally. */
export function wirePath(from: Point, bends: readonly Point[], to: Point): string {
  const points = [from, ...bends, to]
  let path = `M${from[0]},${from[1]}`
  for (let i = 1; i < points.length; i += 1) {
    const [a, b] = [points[i - 1], points[i]]
    if (!a || !b) continue
    const reach = reachOf(a, b)
    path += `C${a[0] + reach},${a[1]} ${b[0] - reach},${b[1]} ${b[0]},${b[1]}`
  }
  return path
}

/** As a plain line, for views from afar. */
export function farPath(from: Point, to: Point): string {
  return `M${from[0]} ${from[1]}L${to[0]} ${to[1]}`
}

function reachOf(a: Point, b: Point): number {
  const across = b[0] - a[0]
  const far = Math.hypot(across, b[1] - a[1])
  const wanted = across > 0 ? across * STIFF : far * STIFF
  return Math.min(MOST, Math.max(Math.min(LEAST, far / 3), wanted))
}

/** The distance of a point from a link's curve, by the chords between samples. */
export function distanceTo(point: Point, from: Point, bends: readonly Point[], to: Point): number {
  const points = [from, ...bends, to]
  let least = Infinity
  for (let i = 1; i < points.length; i += 1) {
    const [a, b] = [points[i - 1], points[i]]
    if (!a || !b) continue
    const reach = reachOf(a, b)
    let before = a
    for (let s = 1; s <= 16; s += 1) {
      const here = cubic(a, [a[0] + reach, a[1]], [b[0] - reach, b[1]], b, s / 16)
      least = Math.min(least, fromChord(point, before, here))
      before = here
    }
  }
  return least
}

function fromChord(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)
  const s = Math.max(0, Math.min(1, along))
  return Math.hypot(a[0] + dx * s - point[0], a[1] + dy * s - point[1])
}

function cubic(a: Point, b: Point, c: Point, d: Point, s: number): Point {
  const u = 1 - s
  const mix = (i: 0 | 1) => u * u * u * a[i] + 3 * u * u * s * b[i] + 3 * u * s * s * c[i] + s * s * s * d[i]
  return [mix(0), mix(1)]
}
