/** What becomes of a seed from one run to the next. A habit of this page, not a part of the workflow. */

import { activeTab, useEditor } from '@/app/editor'

export type SeedMode = 'fixed' | 'random' | 'next'

const MODES: readonly SeedMode[] = ['fixed', 'random', 'next']
const LARGEST = 2 ** 32
const KEY = 'calotype.seeds'

export function nextMode(mode: SeedMode): SeedMode {
  return MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? 'fixed'
}

export function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? Math.floor(Math.random() * LARGEST)
}

function all(): Record<string, SeedMode> {
  return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, SeedMode>
}

function keyOf(node: string, input: string): string {
  const tab = activeTab(useEditor.getState())
  return `${tab?.name ?? tab?.id ?? ''}/${tab?.levels.map((l) => l.instance).join('/') ?? ''}/${node}.${input}`
}

export function seedMode(node: string, input: string): SeedMode {
  return all()[keyOf(node, input)] ?? 'fixed'
}

export function setSeedMode(node: string, input: string, mode: SeedMode): void {
  const now = all()
  if (mode === 'fixed') Reflect.deleteProperty(now, keyOf(node, input))
  else now[keyOf(node, input)] = mode
  localStorage.setItem(KEY, JSON.stringify(now))
}

/** The seed that the next run takes, of a seed in its mode. */
export function advanced(seed: number, mode: SeedMode): number {
  if (mode === 'fixed') return seed
  return mode === 'random' ? drawSeed() : (seed + 1) % LARGEST
}
