/** What masks cost: first and further ones over MaskBench's schemas, a long `maxLength`, and large tool sets, on two vocabularies. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileJsonSchema, createTokenMatcher, type TokenTrie } from '../src/constrain/index.ts'
import { checkTools, type ToolDefinition, turnGrammar, universal } from '../src/tools/index.ts'
import type { JsonValue } from '../src/util/json.ts'
import { OstroError } from '../src/util/error.ts'
import type { Figure } from './figure.ts'
import { loadVocabulary, type MaskTimes, timeGrammar, type VocabularyName } from './mask-timing.ts'
import { latency, quantile } from './maskbench.ts'
import { noData, readSchemaTests, sharedSchemaData } from './schema-tests.ts'
import type { BenchOptions } from './suite.ts'

/** About as many schemas are taken, evenly from all. */
const MOST_SCHEMAS = 300
/** Longer instances say nothing new and take long. */
const MOST_CHARACTERS = 20_000
const LONG = 10_000

export async function* maskTimes({ data, runs }: BenchOptions): AsyncGenerator<Figure> {
  const names: readonly VocabularyName[] = ['Llama 3.1', 'Qwen3']
  for (const name of names) {
    const tokens = loadVocabulary(name)
    const rounds = Math.min(3, runs)
    // The code is compiled by V8 and the vocabulary's groups are found at the first use of a process.
    timeGrammar(tokens, () => compileJsonSchema(true), ['{"a": ["b", 1, null, true]}'], 3)
    yield* schemaFigures(name, schemaTimes(tokens, data, rounds))
    yield* longFigures(name, tokens, rounds)
    yield* toolFigures(name, tokens, rounds)
  }
}

function schemaTimes(tokens: TokenTrie, data: string | undefined, rounds: number): MaskTimes {
  const path = data ?? sharedSchemaData('maskbench-dev.jsonl.gz')
  if (path === undefined) throw noData('masks')
  const all: MaskTimes = { first: [], masks: [], checks: [] }
  const schemas = readSchemaTests(path)
  const stride = Math.ceil(schemas.length / MOST_SCHEMAS)
  for (const { schema, tests } of schemas.filter((_, index) => index % stride === 0)) {
    const texts = tests.flatMap(([text, valid]) => (valid && text.length <= MOST_CHARACTERS ? [text] : []))
    const parsed = JSON.parse(schema) as JsonValue
    try {
      const times = timeGrammar(tokens, () => compileJsonSchema(parsed, { whitespace: 'any' }), texts, rounds)
      all.first.push(...times.first)
      all.masks.push(...times.masks)
      all.checks.push(...times.checks)
    } catch (error) {
      // Refused schemas have no masks; how many there are is counted elsewhere.
      if (!(error instanceof OstroError && error.code === 'unsupported')) throw error
    }
  }
  return all
}

function* schemaFigures(name: string, { first, masks, checks }: MaskTimes): Generator<Figure> {
  const milliseconds = (times: readonly number[], share: number) => inMilliseconds(quantile(times, share))
  yield latency('first mask p50', name, milliseconds(first, 0.5), '<= 3', '<= 2')
  yield latency('first mask p99', name, milliseconds(first, 0.99), '<= 30', '<= 20')
  yield latency('mask p50', name, milliseconds(masks, 0.5), '<= 0.06', '<= 0.04')
  yield latency('mask p99', name, milliseconds(masks, 0.99), '<= 3', '<= 2')
  yield latency('mask max', name, milliseconds(masks, 1), '<= 15', '<= 10')
  yield latency('check of one token p50', name, milliseconds(checks, 0.5), '<= 0.005', '<= 0.005')
  yield latency('check of one token p99', name, milliseconds(checks, 0.99))
}

function* longFigures(name: string, tokens: TokenTrie, rounds: number): Generator<Figure> {
  const schema = { type: 'object', properties: { text: { type: 'string', maxLength: LONG } }, required: ['text'] }
  const text = JSON.stringify({ text: 'The quick brown fox. '.repeat(20) })
  const { first, masks } = timeGrammar(tokens, () => compileJsonSchema(schema), [text], rounds)
  yield latency(`maxLength ${LONG}: first mask`, name, first[0] / 1000, '<= 5', '<= 2')
  yield latency(`maxLength ${LONG}: mask p99`, name, inMilliseconds(quantile(masks, 0.99)), undefined, '<= 0.1')
}

function inMilliseconds(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1000
}

function* toolFigures(name: string, tokens: TokenTrie, rounds: number): Generator<Figure> {
  const tools = readTools()
  for (const [count, must, aim] of [
    [128, '<= 60', '<= 30'],
    [457, '<= 200', '<= 100'],
  ] as const) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const definitions = structuredClone(tools.slice(0, count))
      const before = performance.now()
      const use = checkTools({ tools: definitions, toolChoice: 'required' }, compileJsonSchema)
      if (use === undefined) throw new Error('masks: no tools in the data.')
      const request = { parallel: true, thinking: 'off', controls: [] } as const
      const grammar = turnGrammar(universal, { ...request, tools: use.callable, mode: 'required' })
      createTokenMatcher(tokens, grammar).mask()
      times.push(performance.now() - before)
    }
    yield latency(`${Math.min(count, tools.length)} tools cold`, name, Math.min(...times), must, aim)
  }
}

/** Different functions of the live part of BFCL's dev half, as tools. */
function readTools(): ToolDefinition[] {
  const folder = fileURLToPath(new URL('../../shared/data/bfcl-dev/', import.meta.url))
  const tools = new Map<string, ToolDefinition>()
  for (const file of readdirSync(folder).filter((entry) => entry.startsWith('live_'))) {
    for (const line of readFileSync(join(folder, file), 'utf8').trim().split('\n')) {
      const item = JSON.parse(line) as { function: { name: string; description: string; parameters: JsonValue }[] }
      for (const { name, description, parameters } of item.function) {
        const written = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64)
        const schema = asJsonSchema(parameters) as { [key: string]: JsonValue }
        tools.set(written, { type: 'function', function: { name: written, description, parameters: schema } })
      }
    }
  }
  return [...tools.values()].filter(isEnforceable)
}

/** Some functions of the data have a type and an enum that exclude each other. */
function isEnforceable(tool: ToolDefinition): boolean {
  try {
    return checkTools({ tools: [tool] }, compileJsonSchema) !== undefined
  } catch (error) {
    if (error instanceof OstroError && error.code === 'unsupported') return false
    throw error
  }
}

const types: Readonly<Record<string, string>> = { dict: 'object', float: 'number', tuple: 'array', any: 'string' }

/** BFCL's own names of types as those of JSON Schema. */
function asJsonSchema(value: JsonValue, key = ''): JsonValue {
  if (typeof value === 'string') return key === 'type' ? (types[value] ?? value) : value
  if (Array.isArray(value)) return value.map((item: JsonValue) => asJsonSchema(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Readonly<Record<string, JsonValue>>)
  // Annotations hold values, not schemas.
  const kept = entries.filter(([name]) => name !== 'default' && name !== 'optional' && name !== 'format')
  return Object.fromEntries(kept.map(([name, member]) => [name, asJsonSchema(member, name)]))
}
