/** Numbers as people type them: "512", "0,5", "1024/2+64". */

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)|([-+*/()]))/giy

/** The value of a text; null where it is none. */
export function computed(text: string): number | null {
  const tokens = read(text.replaceAll(',', '.'))
  if (tokens === null || tokens.length === 0) return null
  let at = 0
  const sum = (): number => {
    let value = product()
    while (tokens[at] === '+' || tokens[at] === '-') value = tokens[at++] === '+' ? value + product() : value - product()
    return value
  }
  const product = (): number => {
    let value = factor()
    while (tokens[at] === '*' || tokens[at] === '/') value = tokens[at++] === '*' ? value * factor() : value / factor()
    return value
  }
  const factor = (): number => {
    const token = tokens[at++]
    if (token === '-') return -factor()
    if (token === '+') return factor()
    if (token !== '(') return typeof token === 'number' ? token : NaN
    const value = sum()
    return tokens[at++] === ')' ? value : NaN
  }
  const value = sum()
  return at === tokens.length && Number.isFinite(value) ? value : null
}

function read(text: string): (number | string)[] | null {
  const tokens: (number | string)[] = []
  const trimmed = text.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < trimmed.length) {
    const found = TOKEN.exec(trimmed)
    if (!found) return null
    tokens.push(found[1] === undefined ? (found[2] ?? '') : Number(found[1]))
  }
  return tokens
}
