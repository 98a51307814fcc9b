/** A regular expression as written: what the parser makes and the compiler reads. */
import type { CharacterSet } from './character-set.ts'

export type Syntax =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'alternation'; readonly options: readonly Syntax[] }
  /** `max` is Infinity where there is no limit. */
  | { readonly kind: 'repeat'; readonly body: Syntax; readonly min: number; readonly max: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  /** `\b`; negated `\B`. */
  | { readonly kind: 'boundary'; readonly negated: boolean }
  /** `(?=body)`; negated `(?!body)`. */
  | { readonly kind: 'look-ahead'; readonly body: Syntax; readonly negated: boolean }

export const EMPTY: Syntax = { kind: 'sequence', parts: [] }

/** Whether the meaning depends on what stands around: anchors, boundaries, look-ahead. */
export function hasAssertion(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'set':
      return false
    case 'sequence':
      return syntax.parts.some(hasAssertion)
    case 'alternation':
      return syntax.options.some(hasAssertion)
    case 'repeat':
      return hasAssertion(syntax.body)
    case 'start':
    case 'end':
    case 'boundary':
    case 'look-ahead':
      return true
    default:
      return syntax satisfies never
  }
}

/** Whether some match takes no character. */
export function canBeEmpty(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'set':
      return false
    case 'sequence':
      return syntax.parts.every(canBeEmpty)
    case 'alternation':
      return syntax.options.some(canBeEmpty)
    case 'repeat':
      return syntax.min === 0 || canBeEmpty(syntax.body)
    case 'start':
    case 'end':
    case 'boundary':
    case 'look-ahead':
      return true
    default:
      return syntax satisfies never
  }
}
