/** Keywords of strings as formulas. */
import { type Formula, type Logic, TRUE } from './formula.ts'
import { formatOf } from './formats.ts'
import type { Obligations } from './obligations.ts'
import { patternFormula } from './pattern.ts'
import type { SchemaNode, SchemaObject } from './schema-node.ts'

export function stringKeywords(
  { logic, formats }: Obligations,
  node: SchemaNode,
  { pattern, minLength, maxLength, format }: SchemaObject,
): Formula[] {
  const parts: Formula[] = []
  if (typeof minLength === 'number') parts.push(lengthAtLeast(logic, Math.ceil(minLength)))
  if (typeof maxLength === 'number') parts.push(logic.not(lengthAtLeast(logic, Math.floor(maxLength) + 1)))
  if (typeof pattern === 'string') parts.push(patternFormula(logic, pattern, `${node.pointer}/pattern`))
  if (typeof format === 'string' && formats !== 'ignored') parts.push(formatFormula(logic, format, formats === 'plain'))
  return parts
}

function lengthAtLeast(logic: Logic, least: number): Formula {
  if (least <= 0) return TRUE
  return logic.atom(`text-length ${least}`, () => ({ kind: 'text-length', least }))
}

/** A format that JSON Schema does not define demands nothing. */
function formatFormula(logic: Logic, name: string, plain: boolean): Formula {
  const format = formatOf(name)
  if (format === undefined) return TRUE
  const parts: Formula[] = []
  const { test, maxLength } = format
  const pattern = (plain ? format.plainPattern : undefined) ?? format.pattern
  if (pattern !== undefined) parts.push(patternFormula(logic, pattern, ''))
  if (test !== undefined) {
    parts.push(
      logic.atom(`format test ${name}`, () => ({ kind: 'text-test', test: test.holds, example: test.example })),
    )
  }
  if (maxLength !== undefined) parts.push(logic.not(lengthAtLeast(logic, maxLength + 1)))
  return logic.and(parts)
}
