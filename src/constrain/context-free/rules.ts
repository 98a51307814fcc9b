/** A context-free grammar as its source says it: what the readers of Lark and GBNF make. */
import type { Syntax } from '../regex/syntax.ts'

export type Body =
  /** Text without rules in it: strings, character classes, regular expressions. */
  | { readonly kind: 'text'; readonly syntax: Syntax }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Body[] }
  | { readonly kind: 'alternation'; readonly options: readonly Body[] }
  | { readonly kind: 'repeat'; readonly body: Body; readonly min: number; readonly max: number }

export interface Rules {
  readonly start: string
  /** Every name that is used has a body. */
  readonly bodies: ReadonlyMap<string, Body>
}

/** The syntax of a string, character by character. */
export function textOf(text: string): Body {
  const parts = Array.from(text, (character): Syntax => {
    const code = character.codePointAt(0) as number
    return { kind: 'set', set: { ranges: [code, code] } }
  })
  return { kind: 'text', syntax: { kind: 'sequence', parts } }
}

/** All names that a body uses. */
export function namesIn(body: Body): string[] {
  switch (body.kind) {
    case 'text':
      return []
    case 'rule':
      return [body.name]
    case 'sequence':
      return body.parts.flatMap(namesIn)
    case 'alternation':
      return body.options.flatMap(namesIn)
    case 'repeat':
      return namesIn(body.body)
    default:
      return body satisfies never
  }
}
