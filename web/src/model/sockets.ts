/** Typed ends of links: what fits into what. The same rules as the engine's, over the same JSON. */

export type Socket =
  | string
  | { choice: (string | number | boolean)[] }
  | { list: Socket }
  | { union: Socket[] }
  | { var: string; bound: Socket | null }

export type Bindings = Readonly<Record<string, Socket>>

const TYPES: Record<string, string> = { string: 'str', boolean: 'bool' }

/** The bindings of the target node's variables after a value of type `source` went into `target`; null if it does not. */
export function fit(source: Socket, target: Socket, bound: Bindings = {}): Bindings | null {
  if (source === 'Any' || target === 'Any' || same(source, target)) return bound
  if (typeof source === 'object' && 'union' in source) return fitEvery(source.union, target, bound)
  if (typeof target === 'object' && 'var' in target) return fitVariable(source, target, bound)
  if (typeof target === 'object' && 'union' in target) return fitAny(source, target.union, bound)
  if (typeof source === 'object' && 'list' in source && typeof target === 'object' && 'list' in target)
    return fit(source.list, target.list, bound)
  if (source === 'int' && target === 'float') return bound
  if (typeof source === 'object' && 'choice' in source) return fitChoice(source.choice, target) ? bound : null
  return source === 'str' && typeof target === 'object' && 'choice' in target ? bound : null
}

function fitEvery(members: Socket[], target: Socket, bound: Bindings): Bindings | null {
  let after: Bindings | null = bound
  for (const member of members) after = after && fit(member, target, after)
  return after
}

function fitAny(source: Socket, members: Socket[], bound: Bindings): Bindings | null {
  for (const member of members) {
    const after = fit(source, member, bound)
    if (after) return after
  }
  return null
}

function fitVariable(source: Socket, target: { var: string; bound: Socket | null }, bound: Bindings): Bindings | null {
  const known = bound[target.var]
  if (known !== undefined) return fit(source, known, bound)
  if (target.bound !== null && !fit(source, target.bound, bound)) return null
  return { ...bound, [target.var]: source }
}

function fitChoice(values: (string | number | boolean)[], target: Socket): boolean {
  if (typeof target === 'object') return 'choice' in target && values.every((v) => target.choice.includes(v))
  return values.every((v) => typeName(v) === target)
}

function typeName(value: string | number | boolean): string {
  return TYPES[typeof value] ?? (Number.isInteger(value) ? 'int' : 'float')
}

export function same(a: Socket, b: Socket): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

/** The type with its variables replaced; an unbound one becomes its bound, or Any. */
export function substitute(socket: Socket, bound: Bindings): Socket {
  if (typeof socket === 'string' || 'choice' in socket) return socket
  if ('var' in socket) return bound[socket.var] ?? socket.bound ?? 'Any'
  if ('list' in socket) return { list: substitute(socket.list, bound) }
  return { union: socket.union.map((m) => substitute(m, bound)) }
}

/** As people read it: "Image", "list of Image", "one of euler, heun", "Image or Mask". */
export function described(socket: Socket): string {
  if (typeof socket === 'string') return socket
  if ('choice' in socket) return `one of ${socket.choice.slice(0, 4).join(', ')}${socket.choice.length > 4 ? ', …' : ''}`
  if ('list' in socket) return `list of ${described(socket.list)}`
  if ('union' in socket) return socket.union.filter((m) => m !== 'None').map(described).join(' or ')
  return socket.bound === null ? 'anything' : described(socket.bound)
}

/** The one name that stands for a type in colours and shapes. */
export function mainName(socket: Socket): string {
  if (typeof socket === 'string') return socket
  if ('choice' in socket) return 'choice'
  if ('list' in socket) return mainName(socket.list)
  if ('union' in socket) return mainName(socket.union.find((m) => m !== 'None') ?? 'Any')
  return socket.bound === null ? 'Any' : mainName(socket.bound)
}

export function isList(socket: Socket): boolean {
  if (typeof socket === 'string') return false
  if ('union' in socket) return socket.union.some(isList)
  return 'list' in socket
}

export function isOptional(socket: Socket): boolean {
  return socket === 'None' || socket === 'Any' || (typeof socket === 'object' && 'union' in socket && socket.union.includes('None'))
}

/** The type without `None`, where that leaves one type. */
export function core(socket: Socket): Socket {
  if (typeof socket === 'string' || !('union' in socket)) return socket
  const rest = socket.union.filter((m) => m !== 'None')
  return rest.length === 1 && rest[0] !== undefined ? rest[0] : { union: rest }
}
