/** @returns False where the browser forbids it. */
export async function copyText(text: string): Promise<boolean> {
  // Over plain HTTP from another machine there is no clipboard interface.
  if (!isSecureContext) return copySelection(text)
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No permission: the caller says so.
    return false
  }
}

/** The old way: what is selected in a field that nobody sees. */
function copySelection(text: string): boolean {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'visually-hidden'
  document.body.append(field)
  field.select()
  const copied = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus()
  return copied
}
