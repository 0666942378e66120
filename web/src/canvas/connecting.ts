/** Which links may be made, and why not. */

import { shownInputs, type InputType, type NodeType } from '@/model/catalogue'
import type { Json, Sheet } from '@/model/document'
import { closesCircle, linkedTo } from '@/model/links'
import type { End, Input } from '@/model/operations'
import { described, fit, substitute, type Bindings, type Socket } from '@/model/sockets'
import type { Typing } from '@/model/typing'
import { t } from '@/app/i18n'

export type Verdict = { ok: true; variadic: boolean } | { ok: false; why: string }

/** The type of an output, with the variables of its node bound by what is linked to it. */
export function outputSocket(sheet: Sheet, typing: Typing, end: End, depth = 0): Socket | null {
  const node = sheet.nodes[end.node]
  if (!node) return null
  const type = typing.typeOf(sheet, end.node, node)
  const output = type.outputs.find((o) => o.name === end.output)
  return output ? substitute(output.socket, depth > 8 ? {} : bindings(sheet, typing, end.node, type, null, depth)) : null
}

function bindings(sheet: Sheet, typing: Typing, id: string, type: NodeType, but: string | null, depth: number): Bindings {
  let bound: Bindings = {}
  if (!JSON.stringify(type.inputs.map((i) => i.socket)).includes('"var"')) return bound
  for (const input of type.inputs) {
    const end = input.name === but ? null : linkedTo(sheet.nodes[id]?.inputs?.[input.name])
    const socket = end && outputSocket(sheet, typing, end, depth + 1)
    bound = (socket === null || socket === '' ? null : fit(socket, input.socket, bound)) ?? bound
  }
  return bound
}

/** Whether an output may be linked to an input. */
export function judge(sheet: Sheet, typing: Typing, from: End, to: Pick<Input, 'node' | 'input'>): Verdict {
  const node = sheet.nodes[to.node]
  const socket = outputSocket(sheet, typing, from)
  if (!node || socket === null) return { ok: false, why: t('link.gone') }
  const type = typing.typeOf(sheet, to.node, node)
  const input = type.inputs.find((i) => i.name === to.input)
  if (!input) return { ok: false, why: t('link.gone') }
  if (from.node === to.node || closesCircle(sheet, from.node, to.node)) return { ok: false, why: t('link.circle') }
  const fits = fit(socket, input.socket, bindings(sheet, typing, to.node, type, to.input, 0)) !== null || fitsAsItems(socket, input)
  if (fits) return { ok: true, variadic: input.variadic }
  return { ok: false, why: t('link.misfit', { from: described(socket), to: described(input.socket) }) }
}

/** An input that takes several also takes a list of them. */
function fitsAsItems(socket: Socket, input: InputType): boolean {
  return input.variadic && typeof socket === 'object' && 'list' in socket && fit(socket.list, input.socket) !== null
}

/** The input of a node that a link dropped on its body goes to: the first that fits and is free, else the first that fits. */
export function firstFitting(sheet: Sheet, typing: Typing, from: End, target: string): Input | null {
  const node = sheet.nodes[target]
  if (!node) return null
  const fitting = shownInputs(typing.typeOf(sheet, target, node), node.inputs).filter(
    (input) => judge(sheet, typing, from, { node: target, input: input.name }).ok,
  )
  const rank = (input: InputType) => {
    const exact = typeof input.socket === 'string' && /^[A-Z]/.test(input.socket) ? 0 : 2
    return exact + (isFree(node.inputs?.[input.name], input) ? 0 : 1)
  }
  const best = fitting.sort((a, b) => rank(a) - rank(b))[0]
  return best ? { node: target, input: best.name, index: null } : null
}

function isFree(value: Json | undefined, input: InputType): boolean {
  return input.variadic || value === undefined || linkedTo(value) === null
}

/** The first output of a node that fits an input. */
export function firstGiving(sheet: Sheet, typing: Typing, source: string, to: Pick<Input, 'node' | 'input'>): End | null {
  const node = sheet.nodes[source]
  if (!node) return null
  const outputs = typing.typeOf(sheet, source, node).outputs
  const found = outputs.find((o) => judge(sheet, typing, { node: source, output: o.name }, to).ok)
  return found ? { node: source, output: found.name } : null
}
