/** What is written into the search of the gallery, as the server is asked for it. */

const STATES = 'succeeded,failed,cancelled'
const FILTERS = new Set(['model', 'type', 'group', 'since', 'until'])

/** Words are looked for in prompts, names, models and node types; "seed:7" finds a seed, "model:name" and "type:Name" filter. */
export function queryOf(text: string): Record<string, string> {
  const query: Record<string, string> = { state: STATES }
  const words: string[] = []
  for (const part of text.split(/\s+/).filter(Boolean)) {
    const [, name, value] = /^(\w+):(.+)$/.exec(part) ?? []
    if (name !== undefined && value !== undefined && FILTERS.has(name)) query[name] = value
    else if (!/^\w+:$/.test(part)) words.push(part)
  }
  return words.length > 0 ? { ...query, search: words.join(' ') } : query
}
