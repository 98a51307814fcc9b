/** Keyboard shortcuts: whoever is on the page registers its own, and `?` lists what there is. */
import { useEffect } from 'react'

export interface Shortcut {
  /** `Mod` is ⌘ on a Mac, else Ctrl; the last part is `KeyboardEvent.key`. */
  readonly keys: string
  readonly label: string
  /** False: only where no text field has the focus. */
  readonly inFields: boolean
  readonly run: () => void
}

const registered = new Set<readonly Shortcut[]>()
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** @param shortcuts Of one component; they hold as long as it is shown. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    registered.add(shortcuts)
    return () => void registered.delete(shortcuts)
  })
}

export function activeShortcuts(): readonly Shortcut[] {
  return [...registered].flat()
}

/** As it is written on this machine's keys. */
export function keyLabels(keys: string): readonly string[] {
  const names: Readonly<Record<string, string>> = {
    Mod: isMac ? '⌘' : 'Ctrl',
    Alt: isMac ? '⌥' : 'Alt',
    Escape: 'Esc',
    ArrowUp: '↑',
  }
  return keys.split('+').map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key))
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
  const found = activeShortcuts().find((shortcut) => matches(shortcut, event))
  if (found === undefined) return
  event.preventDefault()
  found.run()
})

function matches({ keys, inFields }: Shortcut, event: KeyboardEvent): boolean {
  const parts = keys.split('+')
  const key = parts.at(-1) ?? ''
  const mod = isMac ? event.metaKey : event.ctrlKey
  if (parts.includes('Mod') !== mod || parts.includes('Alt') !== event.altKey) return false
  // A sign such as ? may itself need the Shift key.
  if (key.length > 1 || /[a-z0-9]/i.test(key)) {
    if (parts.includes('Shift') !== event.shiftKey) return false
  }
  if (!inFields && isField(event.target)) return false
  // With Alt a Mac types another sign; the key itself keeps its code.
  return (
    event.key.toLowerCase() === key.toLowerCase() ||
    (event.altKey && /^(Key|Digit)/.test(event.code) && event.code.endsWith(key.toUpperCase()))
  )
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}
