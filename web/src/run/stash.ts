/** What the browser itself keeps: edits that the server does not have yet, and histories of saved documents. */

import type { WorkflowDocument } from '@/model/document'
import type { Step } from '@/model/history'
import { clientId } from './client'

export interface Stash {
  name: string | null
  /** The ETag that the document was made from; null for one that was never saved. */
  revision: string | null
  document: WorkflowDocument
  past: readonly Step[]
  future: readonly Step[]
  /** The server does not have it. */
  unsent: boolean
  at: number
}

const STORE = 'stashes'
const OLDEST = 60 * 24 * 3_600_000 // milliseconds

let opened: Promise<IDBDatabase> | null = null

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open('calotype', 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE)
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(new Error(asked.error?.message ?? 'the browser keeps no data'))
  })
  return opened
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database()
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, mode)
    const asked = work(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(asked.result)
    transaction.onerror = () => reject(new Error(transaction.error?.message ?? 'the browser keeps no data'))
    transaction.onabort = transaction.onerror
  })
}

const keyOf = (what: string) => `${clientId()}\n${what}`

/** Keep something under the name of a document, or the id of a tab without one. */
export async function stash(what: string, said: Stash): Promise<void> {
  await within('readwrite', (store) => store.put(said, keyOf(what)))
}

export async function unstash(what: string): Promise<Stash | null> {
  return (await within<Stash | undefined>('readonly', (store) => store.get(keyOf(what)) as IDBRequest<Stash | undefined>)) ?? null
}

export async function dropStash(what: string): Promise<void> {
  await within('readwrite', (store) => store.delete(keyOf(what)))
}

/** Everything of this page that the server does not have, by what it was kept under; what is very old goes. */
export async function unsentStashes(): Promise<[string, Stash][]> {
  const keys = await within('readonly', (store) => store.getAllKeys())
  const all = await within('readonly', (store) => store.getAll() as IDBRequest<Stash[]>)
  const prefix = keyOf('')
  for (const [i, one] of all.entries()) {
    const key = keys[i]
    if (key !== undefined && one.at < Date.now() - OLDEST) await within('readwrite', (store) => store.delete(key))
  }
  return all.flatMap((one, i): [string, Stash][] => {
    const key = keys[i]
    return one.unsent && typeof key === 'string' && key.startsWith(prefix) ? [[key.slice(prefix.length), one]] : []
  })
}
