/** Who this page is to the server: a label for lists and drafts, kept by the browser. */

const KEY = 'calotype.client'

export function clientId(): string {
  const known = localStorage.getItem(KEY)
  if (known) return known
  const made = `web-${crypto.randomUUID().slice(0, 8)}`
  localStorage.setItem(KEY, made)
  return made
}
