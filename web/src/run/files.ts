/** The files that the server knows, by folder. */

import { useEffect } from 'react'
import { create } from 'zustand'
import { ask } from './api'

export interface FileInfo {
  file: string
  bytes: number
  /** Of a model, from its header. */
  family?: string
  /** Where a picture can be looked at. */
  url?: string
  /** Why a model cannot be used. */
  error?: string
}

interface Known {
  folders: Readonly<Record<string, readonly FileInfo[]>>
}

const NONE: readonly FileInfo[] = []
const useKnown = create<Known>()(() => ({ folders: {} }))
const asked = new Map<string, Promise<void>>()

/** The files of a folder; null until the server has said. */
export function useFileInfo(folder: string): readonly FileInfo[] | null {
  useEffect(() => void ensure(folder), [folder])
  return useKnown((s) => s.folders[folder]) ?? null
}

/** What is known of a folder by now, asked for if nothing is. */
export function filesNow(folder: string): readonly FileInfo[] {
  void ensure(folder)
  return useKnown.getState().folders[folder] ?? NONE
}

function ensure(folder: string): Promise<void> {
  const known = asked.get(folder)
  if (known) return known
  const made = refreshFiles(folder)
  asked.set(folder, made)
  return made
}

/** Ask again; a server that does not answer leaves what is known. */
export async function refreshFiles(folder: string): Promise<void> {
  try {
    const files = folder === 'input' ? await inputs() : await models(folder)
    useKnown.setState((s) => ({ folders: { ...s.folders, [folder]: files } }))
  } catch {
    asked.delete(folder) // the next field that is shown asks again
  }
}

async function inputs(): Promise<FileInfo[]> {
  const { data } = await ask<{ inputs: FileInfo[] }>('/v1/inputs')
  return data.inputs
}

async function models(folder: string): Promise<FileInfo[]> {
  const { data } = await ask<{ models: (FileInfo & { folder: string })[] }>(`/v1/models?folder=${encodeURIComponent(folder)}`)
  return data.models.filter((m) => m.folder === folder)
}
