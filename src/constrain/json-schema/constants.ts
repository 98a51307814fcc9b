/** `enum` and `const`: equality with given values, whatever their notation. */
import type { JsonValue } from '../../util/json.ts'
import { textSet } from './text-set.ts'
import { canonicalNumber, decimalOf } from './decimal.ts'
import { FALSE, type Formula, TRUE } from './formula.ts'
import type { Obligations, ValueType } from './obligations.ts'
import type { SchemaObject } from './schema-node.ts'

const sets = new WeakMap<readonly JsonValue[], string>()
const constSchemas = new WeakMap<object, SchemaObject>()
let setCount = 0

/** "The value equals one of these." */
export function enumFormula(obligations: Obligations, values: readonly JsonValue[], type: ValueType): Formula {
  const { logic, document, formulaOf } = obligations
  switch (type) {
    case 'null':
      return values.includes(null) ? TRUE : FALSE
    case 'true':
    case 'false':
      return values.includes(type === 'true') ? TRUE : FALSE
    case 'string': {
      const texts = values.filter((value) => typeof value === 'string')
      if (texts.length === 0) return FALSE
      return logic.atom(`text-set ${setKey(values, texts)}`, () => ({
        kind: 'text-automaton',
        start: textSet(texts),
        texts,
      }))
    }
    case 'number':
      return logic.or(
        values
          .filter((value) => typeof value === 'number')
          .map(decimalOf)
          .map((value) =>
            logic.atom(`number-equal ${canonicalNumber(value)}`, () => ({ kind: 'number-equal', value })),
          ),
      )
    case 'array':
      return logic.or(
        values
          .filter((value) => Array.isArray(value))
          .map((value) => formulaOf(document.synthetic(constSchema(value)), type)),
      )
    case 'object':
      return logic.or(
        values
          .filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
          .map((value) => formulaOf(document.synthetic(constSchema(value as object)), type)),
      )
  }
}

/** One set of texts has one key; long sets are told apart by the list that they come from. */
function setKey(values: readonly JsonValue[], texts: readonly string[]): string {
  if (texts.length <= 8) return JSON.stringify(texts)
  let key = sets.get(values)
  if (key === undefined) sets.set(values, (key = `#${setCount++}`))
  return key
}

/** The schema that only this array or object satisfies. */
function constSchema(value: object): SchemaObject {
  let schema = constSchemas.get(value)
  if (schema === undefined) constSchemas.set(value, (schema = buildConstSchema(value as JsonValue)))
  return schema
}

function buildConstSchema(value: JsonValue): SchemaObject {
  if (Array.isArray(value)) {
    return {
      type: 'array',
      prefixItems: value.map((item: JsonValue) => ({ const: item })),
      items: false,
      minItems: value.length,
    }
  }
  const members = Object.entries(value as SchemaObject)
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, member]) => [name, { const: member }])),
    additionalProperties: false,
    required: members.map(([name]) => name),
  }
}
