/** The server's HTTP API. Every failure is an `ApiError` with what the server said. */

import type { NodeType } from '@/model/catalogue'
import type { Json, WorkflowDocument } from '@/model/document'
import type { Problem } from './state'

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly problems: readonly Problem[] = [],
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }
}

/** The server cannot be reached. */
export class Unreachable extends ApiError {
  constructor() {
    super('the server does not answer', 0, 'unreachable')
  }
}

export interface Reply<T> {
  data: T
  etag: string | null
  headers: Headers
}

interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  file?: Blob
  headers?: Record<string, string>
  signal?: AbortSignal
  /** It is carried out also when the page is left meanwhile. */
  keepalive?: boolean
}

export async function ask<T>(path: string, { method = 'GET', body, file, headers = {}, signal, keepalive = false }: Ask = {}): Promise<Reply<T>> {
  const json = body !== undefined || (method !== 'GET' && !file)
  const response = await fetch(path, {
    method, keepalive, credentials: 'same-origin',
    headers: { Accept: 'application/json', ...(json ? { 'Content-Type': 'application/json' } : {}), ...headers },
    ...(file ? { body: file } : json ? { body: JSON.stringify(body ?? {}) } : {}),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable()
  })
  if (!response.ok) throw await failure(response)
  const data = (response.status === 204 ? null : await response.json()) as T
  return { data, etag: response.headers.get('ETag'), headers: response.headers }
}

async function failure(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    const said = JSON.parse(text) as { detail?: string; title?: string; code?: string; problems?: Problem[] }
    return new ApiError(said.detail ?? said.title ?? response.statusText, response.status, said.code ?? '', said.problems ?? [], said)
  } catch {
    return new ApiError(text.slice(0, 300) || response.statusText, response.status, 'http')
  }
}

export async function fetchNodes(): Promise<NodeType[]> {
  const { data } = await ask<{ nodes: NodeType[] } | NodeType[]>('/v1/nodes')
  return Array.isArray(data) ? data : data.nodes
}

export type Inputs = Record<string, Json>

export interface Validated {
  problems: Problem[]
}

export async function validate(workflow: WorkflowDocument, signal: AbortSignal): Promise<Problem[]> {
  const { data } = await ask<Validated>('/v1/validate', { method: 'POST', body: { workflow }, signal })
  return data.problems
}
