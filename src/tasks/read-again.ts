/**
 * A second look at values that do not stand in the text they were read out of: small models invent them, or add what they take for granted,
 * such as a year. The model is held to words of the text, and the words are taken where it finds them more probable than its first value.
 */
import { sentencesOf } from '../retrieval/sentences.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'
import type { JsonSchema, JsonValue } from '../util/json.ts'
import { findValueSpans } from './value-spans.ts'

type JsonObject = { readonly [key: string]: JsonValue }

/** Log-probability below which a value that may be missing is taken for missing: the model would rather have written something else. */
const leastSure = Math.log(0.05)
/** Words of the longest value that is looked for. */
const mostWords = 10

/**
 * A record with the values replaced that do not stand in the text and that the text says otherwise. Properties that are no plain texts and
 * numbers stay as they are, and so do all where the model cannot tell how probable a text is.
 */
export async function readAgain<C>(
  run: Run<C>,
  model: LanguageModel,
  { text, record, schema, path }: Reading,
): Promise<JsonValue> {
  if (!model.can.score || !model.can.format || !isObject(record)) return record
  const isFound = (value: JsonValue): boolean =>
    findValueSpans({ value }, text, { start: 0, end: text.length }).every(({ inferred }) => !inferred)
  const open = plainFields(schema).filter(({ name }) => {
    const value = record[name] ?? null
    return value !== null && !isFound(value)
  })
  let known: JsonObject = record
  for (const { name } of open) known = { ...known, [name]: null }
  for (const [at, field] of open.entries()) {
    const value = await readField(run, model, { text, known, first: record[field.name], field, path: [...path, at] })
    known = { ...known, [field.name]: value }
  }
  return known
}

async function readField<C>(
  run: Run<C>,
  model: LanguageModel,
  { text, known, first, field, path }: FieldReading,
): Promise<JsonValue> {
  const choices = field.isText ? phrasesOf(text) : numbersIn(text, field)
  if (choices.length === 0) return first
  const prompt = promptFor(text, known, field.name)
  const format = { type: 'choice', choices: choices.map((choice) => ` ${choice}\n`) } as const
  const asked = { purpose: 'read-again', path, temperature: 0, maxTokens: 48, format }
  const said = (await run.ask(model, prompt, asked)).text.trim()
  if (!choices.includes(said)) return first
  const [before, after] = await run.score(model, prompt, [` ${String(first)}\n`, ` ${said}\n`])
  if (after.logprob <= before.logprob) return first
  if (field.isNullable && after.logprob < leastSure) return null
  return field.isText ? said : numberOf(said)
}

interface Reading {
  readonly text: string
  readonly record: JsonValue
  /** Of the record. */
  readonly schema: JsonSchema
  readonly path: readonly number[]
}

interface FieldReading {
  readonly text: string
  /** What else of the record is known. */
  readonly known: JsonObject
  /** The value that does not stand in the text. */
  readonly first: JsonValue
  readonly field: PlainField
  readonly path: readonly number[]
}

interface PlainField {
  readonly name: string
  readonly isText: boolean
  readonly isWhole: boolean
  readonly isNullable: boolean
  readonly least: number
  readonly most: number
}

/** Properties that are a text or a number without conditions, but for the bounds that zod writes beside every integer. */
function plainFields(schema: JsonSchema): PlainField[] {
  return Object.entries(asObject(schema['properties'] ?? {})).flatMap(([name, property]) => {
    const alternatives = alternativesOf(asObject(property))
    const others = alternatives.filter(({ type }) => type !== 'null')
    const [{ type, minimum, maximum } = {}] = others
    const isPlain = others.every((own) => Object.keys(own).every((keyword) => describing.includes(keyword)))
    if (others.length !== 1 || !isPlain || !['string', 'integer', 'number'].includes(String(type))) return []
    const isNullable = others.length < alternatives.length
    const [least, most] = [Number(minimum ?? -Infinity), Number(maximum ?? Infinity)]
    return [{ name, isText: type === 'string', isWhole: type === 'integer', isNullable, least, most }]
  })
}

const describing = ['type', 'description', 'title', 'examples', 'minimum', 'maximum']

/** One for each type: schemas write "or null" as a list of types or as alternatives. */
function alternativesOf({ anyOf, ...own }: JsonObject): JsonObject[] {
  if (Array.isArray(anyOf)) return anyOf.flatMap((one) => alternativesOf({ ...own, ...asObject(one) }))
  return Array.isArray(own['type']) ? own['type'].map((type) => ({ ...own, type })) : [own]
}

function asObject(value: JsonValue): JsonObject {
  return isObject(value) ? value : {}
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function promptFor(text: string, known: JsonObject, name: string): string {
  const lines = Object.entries(known).flatMap(([other, value]) => {
    const isShown = value !== null && typeof value !== 'object'
    return isShown ? [`${labelOf(other)}: ${value}`] : []
  })
  return [text, '', 'From this text:', ...lines, `${labelOf(name)}:`].join('\n')
}

/** `dueDate` and `due_date` as words. */
const labelOf = (name: string): string =>
  name
    .replaceAll('_', ' ')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()

/** Runs of words within a sentence and a line, without the signs around them. */
function phrasesOf(text: string): string[] {
  const pieces = sentencesOf(text).flatMap(({ start, end }) => text.slice(start, end).split('\n'))
  const phrases = pieces.flatMap((piece) => {
    const words = [...piece.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ start: index, end: index + word.length }))
    return words.flatMap(({ start }, from) =>
      words.slice(from, from + mostWords).map(({ end }) => withoutSigns(piece.slice(start, end))),
    )
  })
  return [...new Set(phrases)].filter((phrase) => phrase !== '')
}

const withoutSigns = (phrase: string): string =>
  phrase.replace(/^[\p{P}\p{S}]+(?=[\p{L}\p{N}+])/u, '').replace(/[^\p{L}\p{M}\p{N})%]+$/u, '')

/** Numbers that can be read in one way only. */
function numbersIn(text: string, { isWhole, least, most }: PlainField): string[] {
  const written = text.match(/(?<![\p{L}\d.,-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\p{L}\d]|[.,]\d)/gu) ?? []
  const fits = (value: number): boolean => value >= least && value <= most && (!isWhole || Number.isInteger(value))
  return [...new Set(written)].filter((number) => fits(numberOf(number)))
}

const numberOf = (written: string): number => Number(written.replaceAll(',', ''))
