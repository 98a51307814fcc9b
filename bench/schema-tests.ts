/** Schemas with instances that are right and wrong, read from JSON lines (plain or gzipped), and how the schema engine judges them. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Grammar, State } from '../src/constrain/grammar.ts'
import { compileJsonSchema, type JsonSchemaOptions } from '../src/constrain/json-schema/index.ts'
import { OstroError } from '../src/util/error.ts'

/** One line of a data file. */
export interface SchemaTests {
  readonly id: string
  /** As JSON. */
  readonly schema: string
  /** Instance as JSON, and whether the schema must accept it. */
  readonly tests: readonly (readonly [instance: string, valid: boolean])[]
}

export interface Judgement {
  readonly id: string
  /** The message where the schema was refused. A schema that nothing satisfies is no refusal: it rejects everything. */
  readonly refused: string | undefined
  /** Instances judged rightly, wrongly accepted, wrongly rejected. */
  readonly right: number
  readonly wronglyAccepted: number
  readonly wronglyRejected: number
  /** The first error that is no refusal. */
  readonly crash: unknown
  readonly compileMs: number
  /** The longest of compiling and judging one instance. */
  readonly slowestMs: number
}

const dataFolder = fileURLToPath(new URL('../../shared/data/json-schema/', import.meta.url))

/** Path of a file of the shared data; undefined where that is not there. */
export function sharedSchemaData(name: string): string | undefined {
  return existsSync(dataFolder + name) ? dataFolder + name : undefined
}

export function noData(program: string): OstroError {
  return new OstroError(
    'not-found',
    `${program}: expected data beside the repository, found none. Name a file with --data.`,
  )
}

/** @throws OstroError `invalid-file` that names the line which is none, or for a file without any */
export function readSchemaTests(path: string): SchemaTests[] {
  const lines = readText(path).split('\n')
  const items = lines.flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, `${path}:${index + 1}`)]))
  if (items.length === 0) throw invalid(path, 'one schema with its tests per line, got no line', 'Name another file')
  return items
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path)
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
  } catch (error) {
    throw invalid(path, `JSON lines, plain or gzipped, got ${(error as Error).message}`, 'Name another file', error)
  }
}

function parseLine(line: string, where: string): SchemaTests {
  const wanted = '{ id, schema: "…", tests: [["…", true], …] }'
  let value: Partial<SchemaTests>
  try {
    value = JSON.parse(line) as Partial<SchemaTests>
  } catch (error) {
    throw invalid(where, `${wanted}, got what is no JSON`, 'Correct the line', error)
  }
  const { id, schema, tests } = value ?? {}
  const whole = typeof id === 'string' && typeof schema === 'string' && Array.isArray(tests) && tests.every(isTest)
  if (!whole) throw invalid(where, `${wanted}, got ${line.slice(0, 80)}`, 'Correct the line')
  return { id, schema, tests }
}

function isTest(test: unknown): test is readonly [string, boolean] {
  return Array.isArray(test) && typeof test[0] === 'string' && typeof test[1] === 'boolean'
}

function invalid(where: string, expected: string, advice: string, cause?: unknown): OstroError {
  return new OstroError('invalid-file', `${where}: expected ${expected}. ${advice}.`, { path: where }, { cause })
}

const encoder = new TextEncoder()

/** Whether the whole text is in the language. */
export function accepts(grammar: Grammar, text: string): boolean {
  let state: State | undefined = grammar.start
  for (const byte of encoder.encode(text)) {
    state = state.next(byte)
    if (state === undefined) return false
  }
  return state.canEnd
}

export function judge({ id, schema, tests }: SchemaTests, options: JsonSchemaOptions): Judgement {
  const started = performance.now()
  const compiled = compile(schema, options)
  const compileMs = performance.now() - started
  let [right, wronglyAccepted, wronglyRejected] = [0, 0, 0]
  let slowestMs = compileMs
  let { crash } = compiled
  for (const [instance, valid] of compiled.refused === undefined && crash === undefined ? tests : []) {
    const begun = performance.now()
    try {
      const accepted = compiled.grammar !== undefined && accepts(compiled.grammar, instance)
      if (accepted === valid) right++
      else if (accepted) wronglyAccepted++
      else wronglyRejected++
    } catch (error) {
      crash ??= error
    }
    slowestMs = Math.max(slowestMs, performance.now() - begun)
  }
  return { id, refused: compiled.refused, right, wronglyAccepted, wronglyRejected, crash, compileMs, slowestMs }
}

function compile(
  schema: string,
  options: JsonSchemaOptions,
): { grammar?: Grammar; refused: string | undefined; crash: unknown } {
  try {
    return { grammar: compileJsonSchema(JSON.parse(schema), options), refused: undefined, crash: undefined }
  } catch (error) {
    if (!(error instanceof OstroError) || error.code !== 'unsupported') return { refused: undefined, crash: error }
    const refused = error.fields['reason'] === 'unsatisfiable' ? undefined : error.message
    return { refused, crash: undefined }
  }
}
