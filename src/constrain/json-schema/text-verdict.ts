/** The verdict of formulas over string atoms on a whole text. */
import type { CharacterState } from '../regex/index.ts'
import { evaluate, type Formula } from './formula.ts'

/** Whether a text satisfies a formula over string atoms. */
export function holdsForText(formula: Formula, text: string): boolean {
  if (formula.kind === 'constant') return formula.value
  return evaluate(formula, (atom) => {
    switch (atom.kind) {
      case 'text-automaton':
        return atom.texts === undefined ? accepts(atom.start, text) : setOf(atom.texts).has(text)
      case 'text-length':
        return lengthOf(text) >= atom.least
      case 'text-test':
        return atom.test(text)
      default:
        throw new RangeError(`Not an atom of a string: ${atom.kind}`)
    }
  })
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

function setOf(texts: readonly string[]): ReadonlySet<string> {
  let set = sets.get(texts)
  if (set === undefined) sets.set(texts, (set = new Set(texts)))
  return set
}

function accepts(start: CharacterState, text: string): boolean {
  let state: CharacterState | undefined = start
  for (const character of text) {
    state = state.next(character.codePointAt(0) as number)
    if (state === undefined) return false
    if (state.acceptsAll) return true
  }
  return state.canEnd
}

/** In code points, as JSON Schema counts. */
function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
