/**
 * The surface for plugins' widgets, version 1.
 *
 * A plugin ships `web/NAME.js`, an ES module that defines the custom element NAME. The page sets its property
 * `calotype` to `{version, value, values, input, node, label}` whenever something changes, and listens for the event
 * `calotype-change` with `detail.value`. Nothing else of the page is promised.
 */

export interface WidgetState {
  version: 1
  value: unknown
  /** Every value of the node, for widgets that look at others. */
  values: unknown
  input: unknown
  node: string
  label: string
}

export interface CalotypeWidget extends HTMLElement {
  calotype: WidgetState
}

const loading = new Map<string, Promise<void>>()
const WAIT = 10_000
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/

/** Load the module of an element and wait until it is defined. Rejects with why it cannot be. */
export function loadElement(name: string): Promise<void> {
  const known = loading.get(name)
  if (known) return known
  const made = load(name)
  loading.set(name, made)
  return made
}

async function load(name: string): Promise<void> {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name of a custom element`)
  if (customElements.get(name)) return
  await import(/* @vite-ignore */ `/v1/plugins/widgets/${name}.js`)
  await Promise.race([customElements.whenDefined(name), late(name)])
}

/** A new element of a name that is defined. Throws what its constructor throws, which `createElement` only logs. */
export function made(name: string): CalotypeWidget {
  const Element = customElements.get(name)
  if (!Element) throw new Error(`<${name}> is not defined`)
  return new Element() as CalotypeWidget
}

/** Do something that lets elements run code of their own, whose errors are only reported to the window: they are thrown. */
export function guarded(what: () => void): void {
  const failed: unknown[] = []
  const onError = (e: ErrorEvent) => {
    failed.push(e.error)
    e.preventDefault()
  }
  window.addEventListener('error', onError)
  try {
    what()
  } finally {
    window.removeEventListener('error', onError)
  }
  if (failed.length > 0) throw failed[0]
}

function late(name: string): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`its module does not define <${name}>`)), WAIT))
}
