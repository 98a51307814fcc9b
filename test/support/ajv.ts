/** Ajv as an independent judge of what constrained decoding lets through. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const validators = new WeakMap<object, ValidateFunction>()

export function isValid(schema: object, value: unknown): boolean {
  let validate = validators.get(schema)
  if (validate === undefined) {
    validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    validators.set(schema, validate)
  }
  return validate(value)
}
