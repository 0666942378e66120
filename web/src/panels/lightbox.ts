/** Which pictures the lightbox shows, and how they are compared. */

import { create } from 'zustand'
import { recentPictures } from '@/run/recent'
import type { FileView } from '@/run/state'

export type Compare = 'wipe' | 'side'

interface Lightbox {
  files: readonly FileView[]
  at: number
  /** The picture to compare with, by its place in `files`; null when one is shown. */
  other: number | null
  how: Compare
  /** Whether the details stand at the right. */
  details: boolean
}

export const useLightbox = create<Lightbox>()(() => ({ files: [], at: 0, other: null, how: 'wipe', details: true }))

export function openLightbox(files: readonly FileView[], at: number): void {
  useLightbox.setState({ files, at, other: null })
}

/** Open a picture of a node: those that were made before it follow, to be gone through and compared with. */
export function openAmongAll(files: readonly FileView[], at: number): void {
  openLightbox(files, at)
  const digests = new Set(files.map((f) => f.digest))
  recentPictures().then((before) => {
    const earlier = before.filter((f) => !digests.has(f.digest))
    useLightbox.setState((now) => (now.files === files ? { files: [...files, ...earlier] } : {})) // unless it shows others by now
  }, () => undefined) // the picture itself is shown
}

export function closeLightbox(): void {
  useLightbox.setState({ files: [], at: 0, other: null })
}

/** Go to the next picture or one before. The one that is compared with stays. */
export function turn(way: number): void {
  useLightbox.setState(({ files, at }) => ({ at: (at + way + files.length) % Math.max(1, files.length) }))
}

/** Begin or end to compare: with the picture before, in the list, that is not this one. */
export function toggleCompare(): void {
  useLightbox.setState(({ files, at, other }) => (other !== null || files.length < 2 ? { other: null } : { other: (at + 1) % files.length }))
}

/** Pictures that are gone. */
export function dropRun(run: string): void {
  useLightbox.setState(({ files, at }) => {
    const left = files.filter((f) => f.run !== run)
    return { files: left, at: Math.min(at, Math.max(0, left.length - 1)), other: null }
  })
}
