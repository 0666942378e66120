/** How key combinations are written and shown. */

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The combination that a key event is, as commands write it: "Ctrl+Shift+Z". Ctrl is Cmd on a Mac. */
export function comboOf(e: Pick<KeyboardEvent, 'key' | 'altKey' | 'shiftKey' | 'ctrlKey' | 'metaKey'>): string {
  const key = e.key === ' ' ? 'Space' : e.key.length === 1 ? e.key.toUpperCase() : e.key
  const ctrl = MAC ? e.metaKey : e.ctrlKey
  const shifted = e.shiftKey && (key.length > 1 || /[A-Z]/.test(key))
  return [ctrl ? 'Ctrl' : '', e.altKey ? 'Alt' : '', shifted ? 'Shift' : '', key].filter(Boolean).join('+')
}

const SIGNS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Delete: 'Del', ContextMenu: 'Menu' }

export function shownKeys(keys: string): string {
  const signed = keys.replace(/Arrow(Left|Right|Up|Down)|Delete|ContextMenu/, (k) => SIGNS[k] ?? k)
  return MAC ? signed.replace('Ctrl+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥') : signed
}
