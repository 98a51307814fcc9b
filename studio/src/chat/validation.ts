/** Checks what the user types as JSON, in words that say what to change. */
import { type Checked, checkJson } from '../ui/json-check.ts'

/** A JSON Schema is an object (or true, false); the server judges its keywords. */
export function checkSchema(source: string): Checked {
  const checked = checkJson(source)
  if (!checked.ok) return checked
  return isObject(checked.value) ? checked : { ok: false, problem: 'A schema is an object: { "type": … }' }
}

/** The arguments of a function are an object, so its schema must be of one. */
export function checkParameters(source: string): Checked {
  const checked = checkSchema(source)
  if (!checked.ok) return checked
  const { type } = checked.value as { type?: unknown }
  if (type === 'object') return checked
  return { ok: false, problem: 'The parameters of a function need "type": "object".' }
}

/** Undefined where the name can be used. */
export function nameProblem(name: string, others: readonly string[]): string | undefined {
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return 'A name has 1 to 64 letters, digits, _ or -.'
  return others.includes(name) ? 'Another function has this name.' : undefined
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
