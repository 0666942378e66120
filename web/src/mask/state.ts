/** Which mask is being painted: the file of an input, and what of the file is the mask. */

import { create } from 'zustand'

/** alpha: the mask is where the picture is transparent; a colour: where that channel is full. */
export type Channel = 'alpha' | 'red' | 'green' | 'blue'

export interface Painting {
  node: string
  input: string
  file: string
  channel: Channel
}

export const useMask = create<{ painting: Painting | null }>()(() => ({ painting: null }))

export function paintMask(painting: Painting): void {
  useMask.setState({ painting })
}

export function closeMask(): void {
  useMask.setState({ painting: null })
}
