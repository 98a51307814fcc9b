/** Keywords of numbers as formulas. */
import { canonicalNumber, decimalOf } from './decimal.ts'
import type { Formula, Logic } from './formula.ts'
import type { SchemaObject } from './schema-node.ts'

export function numberKeywords(logic: Logic, schema: SchemaObject, draft: number): Formula[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const parts: Formula[] = []
  const above = (value: number, orEqual: boolean): Formula => {
    const bound = decimalOf(value)
    return logic.atom(`number-above ${canonicalNumber(bound)} ${orEqual}`, () => ({
      kind: 'number-above',
      bound,
      orEqual,
    }))
  }
  // Draft-04's exclusive bounds are flags of the plain ones.
  if (typeof minimum === 'number') parts.push(above(minimum, !(draft === 4 && exclusiveMinimum === true)))
  if (typeof maximum === 'number') parts.push(logic.not(above(maximum, draft === 4 && exclusiveMaximum === true)))
  if (draft > 4) {
    if (typeof exclusiveMinimum === 'number') parts.push(above(exclusiveMinimum, false))
    if (typeof exclusiveMaximum === 'number') parts.push(logic.not(above(exclusiveMaximum, true)))
  }
  if (typeof multipleOf === 'number') {
    const step = decimalOf(multipleOf)
    parts.push(logic.atom(`number-multiple ${canonicalNumber(step)}`, () => ({ kind: 'number-multiple', step })))
  }
  return parts
}
