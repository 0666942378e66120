/** Colour and shape of a type of link: colour alone never tells. */

import type { Socket } from '@/model/sockets'
import { isList, isOptional, mainName } from '@/model/sockets'

/** Hues that stay apart for the colour-blind; the theme gives lightness and strength. */
const HUES: Record<string, number> = {
  Model: 265, Clip: 45, Vae: 350, Conditioning: 28, Latent: 320, Image: 205, Mask: 150, ControlNet: 175,
  Sigmas: 90, Sampler: 75, Guider: 300, Noise: 225, Saved: 205, UpscaleModel: 245,
}
const PLAIN = new Set(['int', 'float', 'str', 'bool', 'choice', 'Json', 'FileRef', 'Secret', 'Seed'])

export function colourOf(kind: string): string {
  if (kind === 'Any') return 'var(--kind-any)'
  if (PLAIN.has(kind)) return 'var(--kind-plain)'
  return `oklch(var(--kind-l) var(--kind-c) ${HUES[kind] ?? hueOf(kind)})`
}

function hueOf(kind: string): number {
  let hash = 7
  for (const c of kind) hash = (hash * 31 + c.charCodeAt(0)) % 360
  return hash
}

/** Circle for things, diamond for plain values, square for lists; hollow where nothing need be linked. */
export function socketLook(socket: Socket): { kind: string; shape: 'round' | 'diamond' | 'square'; hollow: boolean } {
  const kind = mainName(socket)
  return { kind, shape: isList(socket) ? 'square' : PLAIN.has(kind) ? 'diamond' : 'round', hollow: isOptional(socket) }
}
