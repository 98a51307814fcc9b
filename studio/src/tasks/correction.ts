/** A corrected text as its parts: what stays, and edits that may be taken or not. */

export interface Edit {
  /** Place in the text that was given, UTF-16 units, `end` exclusive. */
  readonly start: number
  readonly end: number
  readonly original: string
  readonly replacement: string
}

export type CorrectionPart =
  | { readonly kind: 'same'; readonly text: string }
  | { readonly kind: 'edit'; readonly edit: Edit; readonly index: number }

/** @param edits in order, without overlaps */
export function correctionParts(text: string, edits: readonly Edit[]): readonly CorrectionPart[] {
  const parts: CorrectionPart[] = []
  let at = 0
  for (const [index, edit] of edits.entries()) {
    if (edit.start > at) parts.push({ kind: 'same', text: text.slice(at, edit.start) })
    parts.push({ kind: 'edit', edit, index })
    at = edit.end
  }
  if (at < text.length) parts.push({ kind: 'same', text: text.slice(at) })
  return parts
}

/** The text with those edits that were not refused. */
export function applyParts(parts: readonly CorrectionPart[], refused: ReadonlySet<number>): string {
  const texts = parts.map((part) => {
    if (part.kind === 'same') return part.text
    return refused.has(part.index) ? part.edit.original : part.edit.replacement
  })
  return texts.join('')
}
