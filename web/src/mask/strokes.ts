/** A mask as what was done to it, in order: strokes, and what counts for all of it. Nothing here draws. */

export interface Stroke {
  kind: 'stroke'
  erase: boolean
  /** Diameter in pixels of the picture. */
  size: number
  /** 0 to 1, of the whole stroke. */
  opacity: number
  /** x, y and the pen's pressure (0 to 1) of each point. */
  points: readonly (readonly [number, number, number])[]
}

export type Act = Stroke | { kind: 'invert' } | { kind: 'clear' } | { kind: 'fill' }

export interface Acts {
  done: readonly Act[]
  undone: readonly Act[]
}

export const NOTHING: Acts = { done: [], undone: [] }

export function acted({ done }: Acts, act: Act): Acts {
  return { done: [...done, act], undone: [] }
}

export function undone({ done, undone: after }: Acts): Acts {
  const last = done.at(-1)
  return last ? { done: done.slice(0, -1), undone: [last, ...after] } : { done, undone: after }
}

export function redone({ done, undone: after }: Acts): Acts {
  const [first, ...rest] = after
  return first ? { done: [...done, first], undone: rest } : { done, undone: after }
}

/** The acts that still show: what stood before the last clear or fill does not. */
export function showing(done: readonly Act[]): { blank: boolean; acts: readonly Act[] } {
  const last = done.findLastIndex((a) => a.kind === 'clear' || a.kind === 'fill')
  return { blank: last >= 0, acts: last < 0 ? done : done.slice(last) }
}
