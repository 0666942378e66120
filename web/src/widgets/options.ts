/** What a list offers, and what of it a few typed letters mean. */

export interface Option {
  value: string
  label: string
  /** Said small: a family, a size. */
  detail?: string
  /** The address of a small picture of it. */
  picture?: string
  /** It is not there. */
  bad?: boolean
}

/** The options with every typed word in them: those that begin with it first, else in their own order. */
export function found(options: readonly Option[], typed: string): readonly Option[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const first = words[0]
  if (first === undefined) return options
  const rank = (o: Option) => {
    const name = o.label.toLowerCase()
    if (name === typed.trim().toLowerCase()) return 0
    return name.startsWith(first) ? 1 : name.split(/[\s_/.-]+/).some((part) => part.startsWith(first)) ? 2 : 3
  }
  return options
    .filter((o) => words.every((w) => `${o.label} ${o.detail ?? ''}`.toLowerCase().includes(w)))
    .map((o, i) => ({ o, i, r: rank(o) }))
    .sort((a, b) => a.r - b.r || a.i - b.i)
    .map(({ o }) => o)
}

/** A number of bytes, as people say it. */
export function bytesSaid(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const at = Math.min(3, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** at
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${['B', 'kB', 'MB', 'GB'][at] ?? ''}`
}
