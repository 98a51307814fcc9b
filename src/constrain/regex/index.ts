/** Regular expressions as grammars: linear time, counters as integers, no state that leads nowhere. */
import { OstroError } from '../../util/error.ts'
import type { Grammar } from '../grammar.ts'
import { type CharacterPatternOptions, compileCharacterPattern, followSyntax } from './character-automaton.ts'
import type { Syntax } from './syntax.ts'
import { utf8Grammar } from './utf8-grammar.ts'

export { type CharacterPatternOptions, type CharacterState, compileCharacterPattern } from './character-automaton.ts'

/**
 * The texts that match `pattern` (ECMA-262 with the `u` flag; look-ahead is allowed where nothing that repeats stands around it).
 * `anchored` (default true): the pattern is the whole text; false: it occurs somewhere in it.
 * @throws OstroError('invalid-argument') for what is no regular expression or matches nothing, OstroError('unsupported') for
 * look-behind, back-references and patterns too large to follow
 */
export function compileRegex(pattern: string, options: CharacterPatternOptions = {}): Grammar {
  const start = compileCharacterPattern(pattern, { anchored: options.anchored ?? true })
  if (!start) {
    throw new OstroError(
      'invalid-argument',
      'regular expression: expected one that some text matches, got one that none does. Check anchors and look-ahead.',
      { pattern },
    )
  }
  return utf8Grammar(start)
}

/** The texts that a syntax tree stands for, or undefined where there are none. */
export function compileSyntax(syntax: Syntax): Grammar | undefined {
  const start = followSyntax(syntax, true)
  return start && utf8Grammar(start)
}
