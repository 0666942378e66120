/** What becomes of a seed from one run to the next: kept in the document's layout, so that it stays with the file. */

import { activeTab, currentSheet, onSheet, typingOf, useEditor } from '@/app/editor'
import { t } from '@/app/i18n'
import type { Catalogue } from '@/model/catalogue'
import { sheetOf, type Sheet, type SheetName, type WorkflowDocument } from '@/model/document'
import { patchPlace, setInput } from '@/model/operations'

export type SeedMode = 'fixed' | 'random' | 'next'

const MODES: readonly SeedMode[] = ['fixed', 'random', 'next']
const LARGEST = 2 ** 32

export function nextMode(mode: SeedMode): SeedMode {
  return MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? 'fixed'
}

export function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? Math.floor(Math.random() * LARGEST)
}

/** The mode of a seed on a sheet. A seed that says "random" is drawn for each run. */
export function modeOf(sheet: Sheet, node: string, input: string): SeedMode {
  const kept = (sheet.layout?.[node]?.seeds as Record<string, SeedMode> | undefined)?.[input]
  if (kept && MODES.includes(kept)) return kept
  return sheet.nodes[node]?.inputs?.[input] === 'random' ? 'random' : 'fixed'
}

/** The mode of a seed of the open sheet. */
export function useSeedMode(node: string, input: string): SeedMode {
  return useEditor((s) => {
    const tab = activeTab(s)
    return tab ? modeOf(currentSheet(tab), node, input) : 'fixed'
  })
}

export function setSeedMode(node: string, input: string, mode: SeedMode): void {
  useEditor.getState().edit(t('step.seed.mode'), onSheet((sheet) => keepMode(sheet, node, input, mode)))
}

export function keepMode(sheet: Sheet, node: string, input: string, mode: SeedMode): void {
  if (modeOf(sheet, node, input) === mode) return
  const { [input]: _, ...others } = (sheet.layout?.[node]?.seeds ?? {}) as Record<string, SeedMode>
  const seeds = mode === 'fixed' ? others : { ...others, [input]: mode }
  patchPlace(sheet, node, { seeds: Object.keys(seeds).length > 0 ? seeds : undefined })
  if (sheet.nodes[node]?.inputs?.[input] === 'random') setInput(sheet, node, input, drawSeed())
}

/** The seed that the next run takes, of a seed in its mode. */
export function advanced(seed: number, mode: SeedMode): number {
  if (mode === 'fixed') return seed
  return mode === 'random' ? drawSeed() : (seed + 1) % LARGEST
}

export interface Seed {
  sheet: SheetName
  node: string
  input: string
  value: number
  mode: SeedMode
}

/** Every seed of a document that is a number or is to be drawn. */
export function seedsOf(document: WorkflowDocument, catalogue: Catalogue): Seed[] {
  const typing = typingOf(document, catalogue)
  const names: SheetName[] = [null, ...Object.keys(document.subgraphs ?? {})]
  return names.flatMap((name) => {
    const sheet = sheetOf(document, name)
    return Object.entries(sheet.nodes).flatMap(([id, node]) =>
      typing.typeOf(sheet, id, node).inputs.filter((i) => i.role === 'seed').flatMap((input): Seed[] => {
        const value = node.inputs?.[input.name] ?? input.default
        if (typeof value !== 'number' && value !== 'random') return []
        return [{ sheet: name, node: id, input: input.name, value: typeof value === 'number' ? value : 0, mode: modeOf(sheet, id, input.name) }]
      }))
  })
}

export function setSeeds(document: WorkflowDocument, seeds: readonly Pick<Seed, 'sheet' | 'node' | 'input' | 'value'>[]): void {
  for (const { sheet, node, input, value } of seeds) setInput(sheetOf(document, sheet), node, input, value)
}

/**
 * The seeds of so many runs, one list each; what does not change is left out. Seeds that are drawn or counted are so
 * for each run. Where all are fixed, several runs count down to the one that is shown, so that the last picture is
 * that of the seed in the node.
 */
export function seedsOfRuns(seeds: readonly Seed[], count: number): Seed[][] {
  const moving = seeds.filter((s) => s.mode !== 'fixed')
  if (moving.length === 0) {
    return Array.from({ length: count }, (_, i) => (count === 1 ? [] : seeds.map((s) => ({ ...s, value: (s.value + count - 1 - i) % LARGEST }))))
  }
  let now = moving
  return Array.from({ length: count }, () => (now = now.map((s) => ({ ...s, value: advanced(s.value, s.mode) }))))
}
