/**
 * Records out of letters, bills and notices: `extract`, which is held to the schema, against a plain prompt for JSON, whose answer is read
 * as leniently as a person would mend it. A value is right where it is the expected one after folding of case, spaces, a leading article or
 * title, and the notation of numbers; what is not in the text has to be null or missing.
 */
import { extractSourced } from '../../tasks/extract-sourced.ts'
import type { JsonSchema, JsonValue } from '../../util/json.ts'
import {
  type ExpectedRecord,
  extractionItems,
  type ExtractionItem,
  type Field,
  type FieldValue,
} from './extraction-set.ts'
import { askPlainly } from './plain-prompt.ts'
import { defineSuite, plainMethod, type SuiteContext } from './text-suite.ts'

/** Tokens of an answer: three records of the set have about 120. */
const maxTokens = 320

export const extractionSuite = defineSuite<ExtractionItem, readonly JsonValue[], 'exact' | 'fields'>({
  name: 'extract',
  items: extractionItems,
  measures: {
    exact: 'all records of the text with every field right, and no others',
    fields: 'F1 of the fields that are not null: right ones among those given and those expected',
  },
  methods: { extract: extractRecords, [plainMethod]: promptForRecords },
  score: ({ expected, fields }, records = []) => {
    const given = records.map(asRecord)
    const rights = expected.map((record, at) => fields.map(({ name }) => sameValue(record[name], given.at(at)?.[name])))
    const filled = (all: readonly ExpectedRecord[]): number =>
      all.flatMap((record) => fields.filter(({ name }) => fold(record[name]) !== '')).length
    const right = expected.flatMap((record, at) =>
      fields.filter(({ name }, place) => fold(record[name]) !== '' && rights[at][place]),
    ).length
    return {
      exact: given.length === expected.length && rights.flat().every(Boolean) ? 1 : 0,
      fields: (2 * right) / (filled(expected) + filled(given)),
    }
  },
  expected: ({ expected }) => expected,
})

async function extractRecords(
  { text, fields, many }: ExtractionItem,
  { model, signal }: SuiteContext,
): Promise<JsonValue[]> {
  const { records } = await extractSourced(model, text, schemaOf(fields), { many, maxTokens, signal })
  return records.map(({ value }) => value as JsonValue)
}

function schemaOf(fields: readonly Field[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(({ name, type, nullable }) => [name, { type: nullable ? [type, 'null'] : type }]),
    ),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  }
}

async function promptForRecords(
  { text, fields, many }: ExtractionItem,
  { model, signal }: SuiteContext,
): Promise<JsonValue[]> {
  const named = fields.map(({ name, type, nullable }) => `"${name}" (${type}${nullable ? ' or null' : ''})`).join(', ')
  const wanted = `${many ? 'a JSON array of objects' : 'a JSON object'} with the fields ${named}`
  const prompt = {
    chat: `${text}\n\nExtract the information from this text as ${wanted}. Answer with JSON only.`,
    base: `${text}\n\nThe information from this text as ${wanted}:\n`,
    stop: ['\n\n'],
    maxTokens,
  }
  return readLeniently(await askPlainly(model, prompt, signal))
}

/** The first JSON in an answer, or what of it is complete: objects alone, in an array, under a name, one below another. */
export function readLeniently(answer: string): JsonValue[] {
  const text = answer.replaceAll(/,(?=\s*[}\]])/g, '')
  const whole = text.slice(text.search(/[[{]/)).replace(/```[^]*$/, '')
  const parsed = parse(whole) ?? parse(whole.slice(0, Math.max(whole.lastIndexOf('}'), whole.lastIndexOf(']')) + 1))
  if (parsed !== undefined) return recordsIn(parsed)
  return [...text.matchAll(/\{[^{}]*\}/g)].flatMap(([object]) => {
    const record = parse(object)
    return record === undefined ? [] : [record]
  })
}

function recordsIn(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return [...value]
  if (value === null || typeof value !== 'object') return []
  const inner = Object.values(value)
  const [only] = inner
  return inner.length === 1 && only !== null && typeof only === 'object' ? recordsIn(only) : [value]
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // Not JSON is what a plain prompt often gives: the caller tries a part of it.
    return undefined
  }
}

function asRecord(value: JsonValue): ExpectedRecord {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as ExpectedRecord) : {}
}

const sameValue = (expected: FieldValue, given: FieldValue | undefined): boolean => fold(expected) === fold(given)

/** One notation for what means the same; empty for nothing. */
function fold(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return ''
  const text = String(typeof value === 'object' ? JSON.stringify(value) : value).trim()
  const number = text
    .replace(/^(?:eur|euros?|€)\s*|\s*(?:euros?|eur|€|kg|minutes?|hours?|nights?)$/gi, '')
    .replaceAll(',', '')
  if (/^-?\d+(?:\.\d+)?$/.test(number)) return String(Number(number))
  const folded = text
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replace(/^(?:an?|the|dr\.?) /, '')
    .replace(/\.$/, '')
  return ['null', 'none', 'n/a', 'not given', 'unknown'].includes(folded) ? '' : folded
}
