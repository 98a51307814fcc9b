/** `npm run bench -- [NAME...] [--json] [--quick] [--peer-only] [--model TEXT] [--data FILE]`: measures Ostro against its peers, prints one line per figure. */
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { exitCodeOf, exitCodes } from '../src/cli/exit-code.ts'
import { OstroError } from '../src/util/error.ts'
import { attention } from './attention-kernels.ts'
import { bandit } from './bandit.ts'
import { measureReadBandwidth } from './bandwidth.ts'
import { batch } from './batch.ts'
import { embed } from './embed.ts'
import { type Figure, jsonLine, tableHead, tableRow } from './figure.ts'
import { load, memory } from './footprint.ts'
import { indexing } from './indexing.ts'
import { context } from './long-context.ts'
import { maskTimes } from './mask-times.ts'
import { maskbench } from './maskbench.ts'
import { kernels } from './matmul-kernels.ts'
import { mixture } from './mixture.ts'
import { recurrent } from './recurrent.ts'
import { schemaSuite } from './schema-suite.ts'
import { searchSimulation } from './search-simulation.ts'
import { retrieval } from './retrieval.ts'
import type { BenchOptions, BenchProgram } from './suite.ts'
import { taps } from './taps.ts'
import { decode, prefill, shapes } from './throughput.ts'
import { wllama } from './wllama.ts'

const programs: Record<string, BenchProgram> = {
  bandwidth,
  decode,
  prefill,
  load,
  memory,
  context,
  shapes,
  kernels,
  attention,
  batch,
  recurrent,
  moe: mixture,
  taps,
  embed,
  indexing,
  retrieval,
  bandit,
  'search-simulation': searchSimulation,
  wllama,
  'schema-suite': schemaSuite,
  /** Counts, then times. */
  async *maskbench(options) {
    yield* maskbench(options)
    yield* maskTimes(options)
  },
  masks: maskTimes,
}

const { values, positionals } = readArguments()
const unknown = positionals.filter((name) => !Object.hasOwn(programs, name))
if (unknown.length > 0) {
  fail(`bench: no program named ${unknown.join(', ')}. There are ${Object.keys(programs).join(', ')}.`, exitCodes.usage)
}

let bandwidthOnce: Promise<number> | undefined
const options: BenchOptions = {
  runs: values.quick ? 2 : 5,
  threads: threadCounts(),
  peers: values['peer-only'] ? ['node-llama-cpp'] : ['ostro', 'node-llama-cpp'],
  modelFilter: values.model,
  data: values.data,
  readBandwidth: () => (bandwidthOnce ??= measureReadBandwidth()),
}

if (!values.json) console.log(`${machine()}\n\n${tableHead}`)
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(programs)) {
    for await (const figure of programs[name](options)) console.log(values.json ? jsonLine(figure) : tableRow(figure))
  }
} catch (error) {
  if (!(error instanceof OstroError)) throw error
  fail(error.message, exitCodeOf(error))
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        'peer-only': { type: 'boolean', default: false },
        model: { type: 'string', default: '' },
        data: { type: 'string' },
      },
    })
  } catch (error) {
    return fail(`bench: ${(error as Error).message}`, exitCodes.usage)
  }
}

function fail(message: string, exitCode: number): never {
  console.error(message)
  process.exit(exitCode)
}

async function* bandwidth({ readBandwidth }: BenchOptions): AsyncGenerator<Figure> {
  yield {
    figure: 'memory read bandwidth',
    model: '',
    ours: await readBandwidth(),
    peer: undefined,
    ratio: undefined,
    must: undefined,
    aim: undefined,
    unit: 'GB/s',
    runs: 7,
    note: `${availableParallelism()} threads, best pass`,
  }
}

/** 1, 2, 4, … and the number of cores. */
function threadCounts(): number[] {
  const cores = availableParallelism()
  const powers = [1, 2, 4, 8, 16, 32].filter((count) => count < cores)
  return [...powers, cores]
}

function machine(): string {
  return `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`
}
