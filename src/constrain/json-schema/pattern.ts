/** Regular expressions of schemas as atoms. */
import { OstroError } from '../../util/error.ts'
import { type CharacterState, compileCharacterPattern } from '../regex/index.ts'
import { FALSE, type Formula, type Logic } from './formula.ts'
import { refuse } from './schema-node.ts'

const compiled = new WeakMap<Logic, Map<string, CharacterState | undefined>>()

/** "The text has a part that matches." `pointer` names the place to blame where the pattern is not understood. */
export function patternFormula(logic: Logic, pattern: string, pointer: string): Formula {
  let known = compiled.get(logic)
  if (known === undefined) compiled.set(logic, (known = new Map()))
  if (!known.has(pattern)) known.set(pattern, compile(pattern, pointer))
  const start = known.get(pattern)
  return start === undefined ? FALSE : logic.atom(`pattern ${pattern}`, () => ({ kind: 'text-automaton', start }))
}

function compile(pattern: string, pointer: string): CharacterState | undefined {
  try {
    return compileCharacterPattern(pattern)
  } catch (error) {
    if (!(error instanceof OstroError)) throw error
    return refuse(pointer, `a pattern that cannot be enforced. ${error.message}`, 'pattern')
  }
}
