/** Two validators that know nothing of ours, as judges of what constrained decoding lets through. */
import { Validator } from '@cfworker/json-schema'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

interface Judges {
  readonly ajv: ValidateFunction
  readonly cfworker: Validator
}

const judges = new WeakMap<object, Judges>()

/** Whether both say so. Formats are not judged. */
export function isValid(schema: object, value: unknown): boolean {
  let known = judges.get(schema)
  if (known === undefined) {
    const ajv = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    judges.set(schema, (known = { ajv, cfworker: new Validator(schema, '2020-12', false) }))
  }
  return known.ajv(value) && known.cfworker.validate(value).valid
}
