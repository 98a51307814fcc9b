/**
 * Records out of texts of any length, each value with the place that it comes from. Long texts are read in overlapping windows; records
 * that two windows tell of are one.
 */
import { isStandardSchema, jsonSchemaOf, type StandardSchema } from '../constrain/standard-schema.ts'
import { sentencesOf, type Span } from '../retrieval/sentences.ts'
import { wordsOf } from '../retrieval/shared-words.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { ToolInput } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'
import type { JsonSchema, JsonValue } from '../util/json.ts'
import { readRecords, recordsRequest } from './extract.ts'
import { checkNotEmpty, finishTask, type TaskEnd } from './task-run.ts'
import { completeItems } from './complete-items.ts'
import { readAgain } from './read-again.ts'
import { partsOf } from './text-parts.ts'
import { findValueSpans, leavesOf, type ValueSpan } from './value-spans.ts'

export interface ExtractSourcedOptions extends RunOptions {
  /** What else the model should know: what counts as a record, in which form values are wanted. */
  readonly instructions?: string | undefined
  /** Whether the text may tell of more than one record. Default true. */
  readonly many?: boolean | undefined
  /** Properties that tell records apart; records of two windows with equal ones are merged. Default: all properties. */
  readonly key?: readonly string[] | undefined
  /** Most tokens of the records of one window. Default 1,024. */
  readonly maxTokens?: number | undefined
}

export interface SourcedRecord<T> {
  readonly value: T
  /** One for each value that is not null. */
  readonly spans: readonly ValueSpan[]
}

export interface Extraction<T> {
  readonly records: readonly SourcedRecord<T>[]
}

/**
 * The records of `schema` that a text tells of, in the order in which they appear, with the places of their values. A plain text or number
 * that does not stand in the text is looked for once more among the words of the text; what is still not there is marked `inferred`. To let a model say that something is not there, make the property nullable.
 *
 * @throws OstroError `input-empty`, `invalid-argument` for a schema that cannot be enforced, `context-overflow` where the records of one
 * window are not complete after `maxTokens`; `budget-reached`, `aborted`
 * @example
 * const { records } = await extractSourced(model, letter, z.object({ name: z.string(), age: z.number().int().nullable() }))
 */
export async function extractSourced<const S extends StandardSchema | JsonSchema>(
  model: LanguageModel,
  text: string,
  schema: S,
  options: ExtractSourcedOptions = {},
): Promise<Extraction<ToolInput<S>> & TaskEnd> {
  return finishTask('extract', extractEvents(model, text, schema, options))
}

/** `extractSourced` as it works. @throws as `extractSourced` */
export function extractEvents<const S extends StandardSchema | JsonSchema>(
  model: LanguageModel,
  text: string,
  schema: S,
  options: ExtractSourcedOptions = {},
): AsyncGenerator<RunEvent<Extraction<ToolInput<S>>>, void, void> {
  const { many = true, key } = options
  checkNotEmpty('extract', text)
  return startRun('extract', options, async (run) => {
    const windows = await windowsOf(model, text)
    let found: SourcedRecord<JsonValue>[] = []
    for (const [done, window] of windows.entries()) {
      run.emit({ type: 'progress', stage: 'read', done, total: windows.length })
      const values = await readWindow(run, model, text.slice(window.start, window.end), schema, options, done)
      found = merge(
        found,
        values.map((value) => ({ value, spans: findValueSpans(value, text, window) })),
        key,
      )
      const records = (many ? found : found.slice(0, 1)) as SourcedRecord<ToolInput<S>>[]
      run.keep({ records }, undefined, false)
      if (!many && found.length > 0) break
    }
    return 'answered'
  })
}

/** Sentences that a window has in common with the one before: a record's values mostly stand close together. */
const overlapSentences = 2

/** Parts of a quarter of the context, each begun with the last sentences of the one before. */
async function windowsOf(model: LanguageModel, text: string): Promise<Span[]> {
  const parts = await partsOf(text, Math.floor(model.contextTokens / 4), (part) => model.countTokens(part))
  return parts.map(({ start, end }, index) => {
    const before = index === 0 ? [] : sentencesOf(text, parts[index - 1]).slice(-overlapSentences)
    return { start: before[0]?.start ?? start, end }
  })
}

async function readWindow<S extends StandardSchema | JsonSchema>(
  run: Run<Extraction<ToolInput<S>>>,
  model: LanguageModel,
  text: string,
  schema: S,
  { instructions, many = true, maxTokens = 1024 }: ExtractSourcedOptions,
  window: number,
): Promise<readonly JsonValue[]> {
  const { messages, ...chat } = recordsRequest(text, schema, { instructions, mostRecords: many ? undefined : 1 })
  const { calls, endedCall } = await run.ask(model, messages, {
    ...chat,
    purpose: 'extract',
    path: [window],
    temperature: 0,
    maxTokens,
    enough: (callArguments) => {
      const records = completeItems(callArguments)
      return endOfSound(records, text) < records.length
    },
  })
  const written = endedCall === undefined ? recordsOf(calls) : completeItems(endedCall)
  if (written !== undefined) {
    const end = endOfSound(written, text)
    if (end < written.length) {
      const message = 'extract: the model repeated a record or went on with invented ones; what it wrote before stays.'
      run.warn('records-ended', message)
    }
    const records = written.slice(0, end)
    const plain = (isStandardSchema(schema) ? jsonSchemaOf(schema) : schema) as JsonSchema
    const checked: JsonValue[] = []
    for (const [at, record] of unique(records).entries()) {
      checked.push(await readAgain(run, model, { text, record, schema: plain, path: [window, at] }))
    }
    return (await readRecords(schema, JSON.stringify({ records: checked }))) as readonly JsonValue[]
  }
  const message = `extract: the records were not complete after ${maxTokens} tokens. Raise maxTokens, or give less text.`
  throw new OstroError('context-overflow', message, { maxTokens })
}

function recordsOf([call]: readonly { readonly arguments: string }[]): readonly JsonValue[] | undefined {
  return call && (JSON.parse(call.arguments) as { readonly records: readonly JsonValue[] }).records
}

/**
 * How many records come before the first that is written more often than the text has its words, or that has nothing of the text in it:
 * small models do not find the end of a list. The first record is the model's to judge.
 */
function endOfSound(records: readonly JsonValue[], text: string): number {
  const times = new Map<string, number>()
  const end = records.findIndex((record, at) => {
    const written = JSON.stringify(record)
    const count = (times.get(written) ?? 0) + 1
    times.set(written, count)
    return at > 0 && (count > Math.max(1, timesIn(record, text)) || !isOfText(record, text))
  })
  return end < 0 ? records.length : end
}

/** How often a text can be telling of a record: as often as it has the rarest of its words. */
function timesIn(record: JsonValue, text: string): number {
  const folded = text.toLowerCase()
  const values = leavesOf(record, '').flatMap(({ value }) =>
    typeof value === 'boolean' ? [] : [String(value).toLowerCase()],
  )
  return Math.min(...values.filter((value) => value !== '').map((value) => folded.split(value).length - 1))
}

/** A number or a word of the text, or nothing that could be one. */
function isOfText(record: JsonValue, text: string): boolean {
  const spans = findValueSpans(record, text, { start: 0, end: text.length })
  if (spans.length === 0 || spans.some(({ inferred }) => !inferred)) return true
  const known = wordsOf(text)
  const written = leavesOf(record, '').flatMap(({ value }) => (typeof value === 'string' ? [...wordsOf(value)] : []))
  return written.some((word) => known.has(word))
}

/** Small models write the last record again and again. */
function unique(records: readonly JsonValue[]): JsonValue[] {
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()]
}

/** Records of a further window; one whose key is known already fills what was null. */
function merge(
  known: readonly SourcedRecord<JsonValue>[],
  further: readonly SourcedRecord<JsonValue>[],
  key: readonly string[] | undefined,
): SourcedRecord<JsonValue>[] {
  return further.reduce<SourcedRecord<JsonValue>[]>(
    (records, record) => {
      const id = keyOf(record.value, key)
      const at = records.findIndex(({ value }) => keyOf(value, key) === id)
      return at < 0 ? [...records, record] : records.with(at, fill(records[at], record))
    },
    [...known],
  )
}

function keyOf(value: JsonValue, key: readonly string[] | undefined): string {
  if (!isObject(value)) return JSON.stringify(value)
  const names = key ?? Object.keys(value).toSorted()
  return JSON.stringify(names.map((name) => fold(value[name] ?? null)))
}

const fold = (value: JsonValue): JsonValue => (typeof value === 'string' ? value.trim().toLowerCase() : value)

function fill(record: SourcedRecord<JsonValue>, other: SourcedRecord<JsonValue>): SourcedRecord<JsonValue> {
  if (!isObject(record.value) || !isObject(other.value)) return record
  const { value } = record
  const added = Object.entries(other.value).filter(([name, own]) => (value[name] ?? null) === null && own !== null)
  const paths = added.map(([name]) => name)
  const spans = other.spans.filter(({ path }) => paths.includes(path.split('.')[0] ?? ''))
  return { value: { ...value, ...Object.fromEntries(added) }, spans: [...record.spans, ...spans] }
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
