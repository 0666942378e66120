/** Which pictures the lightbox shows. */

import { create } from 'zustand'
import type { FileView } from '@/run/state'

interface Lightbox {
  files: readonly FileView[]
  at: number
  /** A second picture to compare with; null when one is shown. */
  other: FileView | null
}

export const useLightbox = create<Lightbox>()(() => ({ files: [], at: 0, other: null }))

export function openLightbox(files: readonly FileView[], at: number): void {
  useLightbox.setState({ files, at, other: null })
}

export function closeLightbox(): void {
  useLightbox.setState({ files: [], at: 0, other: null })
}
