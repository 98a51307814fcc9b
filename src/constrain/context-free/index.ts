/** Context-free grammars as grammars of bytes: any recursion, any ambiguity, no state that leads nowhere. */
import type { Grammar } from '../grammar.ts'
import { followProductions } from './earley.ts'
import { flatten } from './productions.ts'
import type { Rules } from './rules.ts'

export { type Body, namesIn, type Rules, textOf } from './rules.ts'

/**
 * The texts that the start rule produces.
 * @throws OstroError('invalid-argument') where there are none, OstroError('unsupported') beyond the limits of size
 */
export function compileRules(rules: Rules): Grammar {
  return followProductions(flatten(rules))
}
