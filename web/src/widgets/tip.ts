/** What is said of a field: shown after a rest of the mouse or a long press. */

import { create } from 'zustand'

export interface Tip {
  text: string
  more: string
  at: DOMRect
}

export const useTip = create<{ tip: Tip | null }>()(() => ({ tip: null }))

const REST = 650
const PRESS = 450
let timer = 0

/** Show it after a while, over the box of an element. */
export function tipSoon(element: Element, text: string, more: string, touch: boolean): void {
  clearTimeout(timer)
  timer = window.setTimeout(() => useTip.setState({ tip: { text, more, at: element.getBoundingClientRect() } }), touch ? PRESS : REST)
}

export function noTip(): void {
  clearTimeout(timer)
  if (useTip.getState().tip) useTip.setState({ tip: null })
}
