/** The files that were chosen last, by folder: they stand first in lists. A habit of this browser. */

const KEY = 'calotype.recent'
const MOST = 12

function all(): Record<string, string[]> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, string[]>
  } catch {
    return {} // somebody else's text under our key
  }
}

export function recentFiles(folder: string): readonly string[] {
  return all()[folder] ?? []
}

export function noteRecent(folder: string, file: string): void {
  const before = all()
  localStorage.setItem(KEY, JSON.stringify({ ...before, [folder]: [file, ...recentFiles(folder).filter((f) => f !== file)].slice(0, MOST) }))
}
