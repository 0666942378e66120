/** Keeping every edit: sent to the server's journal within a fraction of a second, and again until it has it.
 *
 * What the server cannot take is stashed by the browser. A tab that is closed is sent to its end.
 */

import { create } from 'zustand'
import { isDirty, useEditor, type Tab } from '@/app/editor'
import { useUi } from '@/app/ui'
import { bounded, delta, type Delta, type Kept } from '@/model/journal'
import type { History } from '@/model/history'
import { ApiError, ask } from './api'
import { clientId } from './client'
import { freeName, pathOf } from './names'
import { dropStash, stash } from './stash'

/** How the edits of a tab stand: on their way, on the server's disk, or only here because the server is away. */
export type Keeping = 'sending' | 'kept' | 'away'

interface KeptTabs {
  tabs: Readonly<Record<string, Keeping>>
}

export const useKept = create<KeptTabs>()(() => ({ tabs: {} }))

/** What the server has of a tab. size and grown: characters of the whole draft, and of what was sent after it. */
interface Sent {
  name: string
  seq: number
  kept: Kept
  size: number
  grown: number
}

interface Line {
  tab: Tab
  sent: Sent | null
  /** Histories that the server has said are on its disk. */
  done: History | null
  sending: boolean
  timer: number
  fails: number
  stashed: string | null
}

const PAUSE = 120 // milliseconds in which edits gather
const AGAIN = 1_000
const LONGEST_WAIT = 5_000
const SMALLEST = 65_536 // characters that may be sent piece by piece, however small the draft is
const KEEPALIVE = 60_000 // bytes that a browser sends after the page is gone

const lines = new Map<string, Line>()

function lineOf(tab: Tab): Line {
  const known = lines.get(tab.id) ?? { tab, sent: null, done: null, sending: false, timer: 0, fails: 0, stashed: null }
  lines.set(tab.id, known)
  return known
}

function show(id: string, keeping: Keeping | null): void {
  useKept.setState(({ tabs }) => {
    if ((tabs[id] ?? null) === keeping) return { tabs }
    const others = Object.entries(tabs).filter(([k]) => k !== id)
    return { tabs: Object.fromEntries(keeping === null ? others : [...others, [id, keeping]]) }
  })
}

/** Send every edit soon after it was made. The function ends it. */
export function journal(): () => void {
  const unsubscribe = useEditor.subscribe((state, before) => {
    if (state.tabs === before.tabs) return
    const earlier = new Map(before.tabs.map((tab) => [tab.id, tab]))
    for (const tab of state.tabs) {
      const line = lines.get(tab.id)
      if (line) line.tab = tab
      const known = earlier.get(tab.id)
      if (!known || known === tab || known.history === tab.history || tab.reading) continue
      if (isDirty(tab) || line?.sent) soon(tab)
    }
  })
  const events = new AbortController()
  const hidden = () => { if (document.visibilityState === 'hidden') flush() }
  window.addEventListener('pagehide', flush, { signal: events.signal })
  document.addEventListener('visibilitychange', hidden, { signal: events.signal })
  return () => {
    unsubscribe()
    events.abort()
  }
}

/** Send a tab although nothing of it changed: it came from a file, or a draft that only the browser had. */
export function keep(id: string): void {
  const tab = useEditor.getState().tabs.find((x) => x.id === id)
  if (tab) soon(tab)
}

function soon(tab: Tab): void {
  const line = lineOf(tab)
  line.tab = tab
  if (useKept.getState().tabs[tab.id] !== 'away') show(tab.id, 'sending')
  if (line.timer === 0 && !line.sending) line.timer = window.setTimeout(() => void send(line), PAUSE)
}

/** The server has a draft of a tab already: go on from there. */
export function goOn(tab: Tab, seq: number): void {
  if (tab.name === null) return
  const size = JSON.stringify(tab.history.document).length
  Object.assign(lineOf(tab), { tab, done: tab.history, sent: { name: tab.name, seq, kept: { history: tab.history, start: 0 }, size, grown: 0 } })
}

/** The document of a tab was saved: its draft is done with, and its history stays in the browser. */
export function settled(tab: Tab): void {
  const line = lineOf(tab)
  Object.assign(line, { tab, sent: null, done: tab.history })
  show(tab.id, null)
  remember(line, false)
}

/** The draft of a tab is no longer where it was: send the whole again, under its present name. */
export function again(id: string): void {
  const line = lines.get(id)
  if (line) line.sent = null
  keep(id)
}

/** The server is back: nothing waits for its turn. */
export function reconnected(): void {
  for (const line of lines.values()) {
    if (line.done === line.tab.history || line.sending) continue
    clearTimeout(line.timer)
    void send(line)
  }
}

/** Send now what waits for its turn, also of tabs that were closed. */
export async function delivered(): Promise<void> {
  const waiting = [...lines.values()].filter((line) => line.timer !== 0)
  await Promise.all(waiting.map((line) => { clearTimeout(line.timer); return send(line) }))
}

/** The page may be gone in a moment: what is not kept goes out now, and into the browser. */
function flush(): void {
  for (const line of lines.values()) {
    if (line.timer === 0 && !line.sending) continue
    clearTimeout(line.timer)
    remember(line, true)
    void send(line, true)
  }
}

async function send(line: Line, leaving = false): Promise<void> {
  line.timer = 0
  if (line.sending) return
  line.sending = true
  const { history } = line.tab
  try {
    const name = line.tab.name ?? (await named(line))
    await post(line, name, history, leaving)
    line.fails = 0
    arrived(line, history)
  } catch (error) {
    failed(line, error)
  } finally {
    line.sending = false
  }
  if (line.timer === 0 && line.done !== line.tab.history) soon(line.tab)
}

async function post(line: Line, name: string, history: History, leaving: boolean): Promise<void> {
  const { sent } = line
  const found = sent?.name === name ? delta(sent.kept, history) : null
  const grown = sent && found ? sent.grown + JSON.stringify(found.delta).length : 0
  const small = sent !== null && grown <= Math.max(SMALLEST, sent.size)
  if (sent && found && small) line.sent = { ...sent, ...(await pieces(line, name, sent, found, leaving)), grown }
  else line.sent = await whole(line, name, history)
}

async function pieces(line: Line, name: string, sent: Sent, found: { delta: Delta; kept: Kept }, leaving: boolean): Promise<Pick<Sent, 'seq' | 'kept'>> {
  const body = { client: clientId(), base: baseOf(line.tab), operations: [found.delta], after: sent.seq }
  const keepalive = leaving && JSON.stringify(body).length < KEEPALIVE
  const { data } = await ask<{ seq: number }>(pathOf(name, '/journal'), { method: 'POST', body, keepalive })
  return { seq: data.seq, kept: found.kept }
}

async function whole(line: Line, name: string, history: History): Promise<Sent> {
  const kept = bounded(history)
  const draft = { document: history.document, history: { past: history.past.slice(kept.start), future: kept.history.future } }
  const { data } = await ask<{ seq: number }>(pathOf(name, '/journal'), { method: 'POST', body: { client: clientId(), base: baseOf(line.tab), draft } })
  return { name, seq: data.seq, kept, size: JSON.stringify(draft).length, grown: 0 }
}

function arrived(line: Line, history: History): void {
  line.done = history
  if (line.tab.history !== history) return
  show(line.tab.id, 'kept')
  if (line.stashed !== null) void dropStash(line.stashed).catch(complain)
  line.stashed = null
}

function failed(line: Line, error: unknown): void {
  const refused = error instanceof ApiError ? error : null
  if (refused?.status === 409) { // the server has another draft of this page: it gets the whole
    line.sent = null
    line.timer = window.setTimeout(() => void send(line), PAUSE)
    return
  }
  if (line.fails === 0 && refused && refused.status >= 400 && refused.status < 500) useUi.getState().tell('bad', refused.message)
  line.fails += 1
  show(line.tab.id, 'away')
  remember(line, true)
  line.timer = window.setTimeout(() => void send(line), Math.min(LONGEST_WAIT, AGAIN * line.fails))
}

/** Let the browser keep a tab. */
function remember(line: Line, unsent: boolean): void {
  const { id, name, revision, history } = line.tab
  const { document, past, future } = history
  const what = name ?? id
  if (line.stashed !== null && line.stashed !== what) void dropStash(line.stashed).catch(complain)
  line.stashed = unsent ? what : null
  void stash(what, { name, revision, document, past, future, unsent, at: Date.now() }).catch(complain)
}

/** A browser that keeps nothing (a private window, a full disk) leaves the server's journal. */
function complain(error: unknown): void {
  console.warn('calotype: the browser does not keep edits', error)
}

/** A document that was never saved gets a name before its first edit is kept. */
async function named(line: Line): Promise<string> {
  const { tab } = line
  const name = await freeName(tab.history.document.name ?? '')
  const change = { name, revision: null, template: false, ...(tab.template ? { saved: null } : {}) }
  line.tab = { ...line.tab, ...change }
  useEditor.getState().patch(tab.id, change)
  return name
}

function baseOf(tab: Tab): number {
  return tab.revision === null ? 0 : Number(/\d+/.exec(tab.revision)?.[0] ?? 0)
}
