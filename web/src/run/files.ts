/** The files that the server knows, by folder. */

import { useEffect } from 'react'
import { create } from 'zustand'
import { ask } from './api'

interface Known {
  folders: Readonly<Record<string, readonly string[]>>
}

const NONE: readonly string[] = []
const useKnown = create<Known>()(() => ({ folders: {} }))
const asked = new Map<string, Promise<void>>()

export function useFiles(folder: string): readonly string[] {
  useEffect(() => void ensure(folder), [folder])
  return useKnown((s) => s.folders[folder]) ?? NONE
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
    const names = folder === 'input' ? await inputs() : await models(folder)
    useKnown.setState((s) => ({ folders: { ...s.folders, [folder]: names } }))
  } catch {
    asked.delete(folder) // the next field that is shown asks again
  }
}

async function inputs(): Promise<string[]> {
  const { data } = await ask<{ inputs: { file: string }[] }>('/v1/inputs')
  return data.inputs.map((f) => f.file)
}

async function models(folder: string): Promise<string[]> {
  const { data } = await ask<{ models: { folder: string; file: string }[] }>(`/v1/models?folder=${encodeURIComponent(folder)}`)
  return data.models.filter((m) => m.folder === folder).map((m) => m.file)
}
