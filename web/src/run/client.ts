/** Who this page is to the server: an id of its own, so that two pages never write over each other's drafts.
 *
 * A page keeps its id when it is loaded again. A new page takes over the id of one that is gone, and with it the tabs
 * and the edits of that page: whoever closed the browser, or whose browser died, finds everything in its place.
 */

const MINE = 'calotype.page'
const PAGES = 'calotype.pages'
const RELOADED = 1_000 // milliseconds for the same page, loaded again, to let go of its id
const MOST = 30 // pages that are remembered

/** A document that a page had open. */
export interface Remembered {
  /** Its name on the server, or the template that it shows. */
  name: string | null
  template?: boolean
  /** Under what an unnamed document was stashed. */
  stash?: string
  active: boolean
  views?: Record<string, { x: number; y: number; zoom: number }>
}

interface Page {
  at: number
  open: Remembered[]
}

let mine = ''
let settled = false

export function clientId(): string {
  mine ||= fresh()
  return mine
}

/** Settle who this page is. */
export async function claimPage(): Promise<void> {
  if (settled) return
  settled = true
  const before = sessionStorage.getItem(MINE)
  mine = (await firstFree(before)) ?? fresh()
  if (mine !== before) await claimed(mine, 0)
  sessionStorage.setItem(MINE, mine)
}

async function firstFree(before: string | null): Promise<string | null> {
  if (before !== null && (await claimed(before, RELOADED))) return before
  const known = Object.entries(pages()).sort(([, a], [, b]) => b.at - a.at)
  for (const [id] of known) if (id !== before && 'locks' in navigator && (await claimed(id, 0))) return id
  return null
}

/** Take the lock of an id for as long as this page lives. Where there are no locks, everybody is believed. */
function claimed(id: string, wait: number): Promise<boolean> {
  if (!('locks' in navigator)) return Promise.resolve(true)
  const how: LockOptions = wait > 0 ? { signal: AbortSignal.timeout(wait) } : { ifAvailable: true }
  return new Promise((resolve) => {
    const hold = (lock: Lock | null) => {
      resolve(lock !== null)
      return lock === null ? Promise.resolve() : new Promise<void>(() => undefined)
    }
    navigator.locks.request(`calotype ${id}`, how, hold).catch(() => resolve(false)) // another page has it
  })
}

function fresh(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5)) // randomUUID is for secure origins only
  return `web-${[...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')}`
}

// ------------------------------------------------------------------ what pages had open

function pages(): Record<string, Page> {
  try {
    return JSON.parse(localStorage.getItem(PAGES) ?? '{}') as Record<string, Page>
  } catch {
    return {} // somebody else wrote there
  }
}

/** What this page, or the one whose place it took, had open. */
export function remembered(): Remembered[] {
  return pages()[clientId()]?.open ?? []
}

export function rememberOpen(open: Remembered[]): void {
  const all = { ...pages(), [clientId()]: { at: Date.now(), open } }
  const kept = Object.entries(all).sort(([, a], [, b]) => b.at - a.at).slice(0, MOST)
  localStorage.setItem(PAGES, JSON.stringify(Object.fromEntries(kept)))
}

/** The other pages of this browser that are open now. */
export async function livePages(): Promise<ReadonlySet<string>> {
  if (!('locks' in navigator)) return new Set()
  const { held = [] } = await navigator.locks.query()
  const ids = held.map((lock) => lock.name?.replace(/^calotype /, '') ?? '')
  return new Set(ids.filter((id) => id !== clientId()))
}
