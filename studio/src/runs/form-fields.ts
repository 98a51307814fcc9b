/** A form out of a JSON Schema: which fields there are, and the value that what stands in them makes. */
import type { JsonSchema } from '../api/steps.ts'
import { checkJson } from '../ui/json-check.ts'

export type FieldKind = 'text' | 'line' | 'number' | 'switch' | 'choice' | 'choices' | 'lines' | 'passages' | 'json'

export interface Field {
  readonly name: string
  readonly label: string
  readonly hint: string | undefined
  readonly kind: FieldKind
  readonly required: boolean
  readonly schema: JsonSchema
  /** An input that can be tried: stands in the empty field. */
  readonly sample?: string | undefined
}

/** A text with a name, such as a file's. */
export interface Passage {
  readonly name: string
  readonly text: string
}

/** What stands in a field; undefined: untouched. */
export type FieldValue = string | boolean | readonly Passage[] | undefined

export type FormValues = Readonly<Record<string, FieldValue>>

/** @param part an `input` is what is worked on, so its texts get room */
export function fieldsOf(schema: JsonSchema, part: 'input' | 'config'): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, own]) => ({
    name,
    label: labelOf(name),
    hint: hintOf(name, own.description),
    kind: kindOf(name, own, part),
    required: schema.required?.includes(name) === true && own.default === undefined,
    schema: own,
  }))
}

/** The setting that decides how the input is written, where there is one; its hint is the input's. */
export function leadingField(config: JsonSchema): Field | undefined {
  const found = fieldsOf(config, 'config').find(({ schema }) => schema['x-input-forms'] !== undefined)
  return found && { ...found, hint: undefined }
}

/** An input as it is written under the chosen setting. */
export function sampleInput({ name, schema }: Field, config: FormValues): string | undefined {
  return schema['x-input-forms']?.[String(config[name] ?? schema.default)]
}

/** The schema's description, unless it says no more than the label. */
function hintOf(name: string, description: string | undefined): string | undefined {
  const label = labelOf(name).toLowerCase()
  return description?.toLowerCase().replace(/^the /, '') === label ? undefined : description
}

/** `maxWords` → `Max words`, `best-of-n` → `Best of n`. */
export function labelOf(name: string): string {
  const known = abbreviations[name]
  if (known !== undefined) return known
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const abbreviations: Readonly<Record<string, string>> = { lats: 'LATS', json: 'JSON' }

function kindOf(name: string, schema: JsonSchema, part: 'input' | 'config'): FieldKind {
  const items = schema.items
  switch (schema.type) {
    case 'string':
      if (schema.enum !== undefined) return 'choice'
      return part === 'input' && name !== 'question' ? 'text' : 'line'
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'switch'
    case 'array':
      if (items?.enum !== undefined) return 'choices'
      if (items?.type === 'string') return part === 'input' ? 'passages' : 'lines'
      return isPassage(items) ? 'passages' : 'json'
    default:
      return 'json'
  }
}

/** A record of texts whose only long one is its `text`. */
function isPassage(schema: JsonSchema | undefined): boolean {
  const names = Object.keys(schema?.properties ?? {})
  return names.includes('text') && names.every((name) => ['id', 'name', 'title', 'text'].includes(name))
}

export type Made =
  | { readonly ok: true; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly problems: Readonly<Record<string, string>> }

/** The value of a whole form; what is untouched is left out, so that its default holds. */
export function formValue(fields: readonly Field[], values: FormValues): Made {
  const value: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const made = fieldValue(field, values[field.name])
    if ('problem' in made) problems[field.name] = made.problem
    else if (made.value !== undefined) value[field.name] = made.value
  }
  return Object.keys(problems).length === 0 ? { ok: true, value } : { ok: false, problems }
}

type MadeField = { readonly value: unknown } | { readonly problem: string }

function fieldValue(field: Field, given: FieldValue): MadeField {
  // To choose none of them is a choice too.
  if (field.kind === 'choices') return { value: given === undefined ? undefined : linesOf(given) }
  const empty = given === undefined || given === '' || (Array.isArray(given) && given.length === 0)
  if (empty) return field.required ? { problem: `${field.label} is needed.` } : { value: undefined }
  switch (field.kind) {
    case 'text':
    case 'line':
    case 'choice':
    case 'switch':
      return { value: given }
    case 'number':
      return numberValue(field.schema, String(given))
    case 'lines':
      return { value: linesOf(given) }
    case 'passages':
      return { value: passagesValue(field.schema, given as readonly Passage[]) }
    case 'json': {
      const checked = checkJson(String(given))
      return checked.ok ? { value: checked.value } : { problem: checked.problem }
    }
    default:
      return field.kind satisfies never
  }
}

export function linesOf(value: FieldValue): string[] {
  const lines = typeof value === 'string' ? value.split('\n') : []
  return lines.flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
}

function numberValue({ type, minimum, exclusiveMinimum, maximum }: JsonSchema, text: string): MadeField {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) return { problem: 'A number is needed.' }
  if (type === 'integer' && !Number.isInteger(number)) return { problem: 'A whole number is needed.' }
  const least = minimum ?? exclusiveMinimum
  if (least !== undefined && (number < least || number === exclusiveMinimum)) {
    return { problem: `At least ${least}${exclusiveMinimum === undefined ? '' : ', more than that'}.` }
  }
  if (maximum !== undefined && number > maximum) return { problem: `At most ${maximum}.` }
  return { value: number }
}

function passagesValue({ items }: JsonSchema, passages: readonly Passage[]): unknown {
  const filled = passages.filter(({ text }) => text.trim() !== '')
  if (items?.type === 'string') return filled.map(({ text }) => text)
  const naming = Object.keys(items?.properties ?? {}).find((name) => name !== 'text')
  return filled.map(({ name, text }, index) => ({
    text,
    ...(naming === undefined ? {} : { [naming]: name === '' ? `Document ${index + 1}` : name }),
  }))
}
