/** The colour that a node's category has in its header and from afar. */

const HUES: Record<string, number> = {
  loaders: 265, conditioning: 38, latent: 325, sampling: 12, image: 205, mask: 150, control: 175, model: 280, guidance: 300, sigmas: 90,
  output: 230, text: 60, logic: 100, list: 120, values: 75, vae: 350, subgraph: 285, training: 20,
}

export function categoryColour(category: string): string {
  const first = category.split('/')[0] ?? ''
  return first in HUES ? `oklch(var(--cat-l) var(--cat-c) ${HUES[first] ?? 0})` : 'var(--line-strong)'
}
