/** Keywords of strings as formulas, and their verdict on a whole text. */
import type { CharacterState } from '../regex/index.ts'
import { evaluate, type Formula, type Logic, TRUE } from './formula.ts'
import { formatOf } from './formats.ts'
import type { Obligations } from './obligations.ts'
import { patternFormula } from './pattern.ts'
import type { SchemaNode, SchemaObject } from './schema-node.ts'

export function stringKeywords(
  { logic, assertFormats }: Obligations,
  node: SchemaNode,
  { pattern, minLength, maxLength, format }: SchemaObject,
): Formula[] {
  const parts: Formula[] = []
  if (typeof minLength === 'number') parts.push(lengthAtLeast(logic, Math.ceil(minLength)))
  if (typeof maxLength === 'number') parts.push(logic.not(lengthAtLeast(logic, Math.floor(maxLength) + 1)))
  if (typeof pattern === 'string') parts.push(patternFormula(logic, pattern, `${node.pointer}/pattern`))
  if (typeof format === 'string' && assertFormats) parts.push(formatFormula(logic, format))
  return parts
}

function lengthAtLeast(logic: Logic, least: number): Formula {
  if (least <= 0) return TRUE
  return logic.atom(`text-length ${least}`, () => ({ kind: 'text-length', least }))
}

/** A format that JSON Schema does not define demands nothing. */
function formatFormula(logic: Logic, name: string): Formula {
  const format = formatOf(name)
  if (format === undefined) return TRUE
  const parts: Formula[] = []
  const { pattern, test, maxLength } = format
  if (pattern !== undefined) parts.push(patternFormula(logic, pattern, ''))
  if (test !== undefined) {
    parts.push(
      logic.atom(`format test ${name}`, () => ({ kind: 'text-test', test: test.holds, example: test.example })),
    )
  }
  if (maxLength !== undefined) parts.push(logic.not(lengthAtLeast(logic, maxLength + 1)))
  return logic.and(parts)
}

/** Whether a text satisfies a formula over string atoms. */
export function holdsForText(formula: Formula, text: string): boolean {
  if (formula.kind === 'constant') return formula.value
  return evaluate(formula, (atom) => {
    switch (atom.kind) {
      case 'text-automaton':
        return accepts(atom.start, text)
      case 'text-length':
        return lengthOf(text) >= atom.least
      case 'text-test':
        return atom.test(text)
      default:
        throw new RangeError(`Not an atom of a string: ${atom.kind}`)
    }
  })
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
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
