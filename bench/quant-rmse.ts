/**
 * Prints the relative RMS error of every encoder, on seeded data and on the golden set's values, there beside ggml's own bytes.
 * Run: `node bench/quant-rmse.ts [--json]`. With --json, one line per figure; the speed columns are of this machine, one thread.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BlockType, blockTypes } from '../src/quant/index.ts'
import { goldenF32, goldenRoot, readGoldenTensors } from '../test/support/golden.ts'
import { relativeRmse, rmseSamples } from '../test/support/rmse-data.ts'

const sampleLength = 256 * 1024

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

interface Figure {
  readonly type: string
  readonly bitsPerValue: number
  readonly errors: Readonly<Record<string, number>>
  readonly golden: number | undefined
  readonly goldenGgml: number | undefined
  readonly encodeNsPerValue: number
  readonly decodeNsPerValue: number
}

const ggmlErrors = readGgmlErrors()
const figures = [...blockTypes.values()].filter((type) => type.encode !== undefined && type.name !== 'f32').map(measure)

if (options.json) {
  for (const figure of figures) console.log(JSON.stringify({ figure: 'quant-rmse', ...figure }))
} else {
  printTable(figures)
}

function measure(type: BlockType): Figure {
  const errors: Record<string, number> = {}
  let encodeMs = 0
  let decodeMs = 0
  let valueCount = 0
  for (const { name, values } of rmseSamples(sampleLength, 1)) {
    const result = roundTrip(type, values)
    errors[name] = result.error
    encodeMs += result.encodeMs
    decodeMs += result.decodeMs
    valueCount += values.length
  }
  const path = join(goldenRoot, 'quant', `${type.name}.safetensors`)
  const tensors = existsSync(path) ? readGoldenTensors(path) : undefined
  const goldenValues = tensors?.has('quantize.values') ? goldenF32(tensors, 'quantize.values') : undefined
  return {
    type: type.name,
    bitsPerValue: (type.blockBytes * 8) / type.blockLength,
    errors,
    golden: goldenValues === undefined ? undefined : roundTrip(type, goldenValues).error,
    goldenGgml: ggmlErrors.get(type.name),
    encodeNsPerValue: (encodeMs * 1e6) / valueCount,
    decodeNsPerValue: (decodeMs * 1e6) / valueCount,
  }
}

function roundTrip(type: BlockType, values: Float32Array): { error: number; encodeMs: number; decodeMs: number } {
  const bytes = new Uint8Array((values.length / type.blockLength) * type.blockBytes)
  const decoded = new Float32Array(values.length)
  const start = performance.now()
  type.encode?.(values, bytes)
  const encodedAt = performance.now()
  type.decode(bytes, decoded)
  return { error: relativeRmse(decoded, values), encodeMs: encodedAt - start, decodeMs: performance.now() - encodedAt }
}

/** What the golden case says that ggml's own encoder reached on the golden values. */
function readGgmlErrors(): Map<string, number> {
  const path = join(goldenRoot, 'quant', 'case.json')
  if (!existsSync(path)) return new Map()
  const { types } = JSON.parse(readFileSync(path, 'utf8')) as {
    types: Record<string, { ggmlQuantizeRmsError?: number }>
  }
  const errors = Object.entries(types).flatMap(([name, { ggmlQuantizeRmsError: error }]) =>
    error === undefined ? [] : [[name, error] as const],
  )
  return new Map(errors)
}

function printTable(rows: readonly Figure[]): void {
  const samples = Object.keys(rows[0]?.errors ?? {})
  const columns = ['type', 'bits', ...samples, 'golden', 'ggml', 'ours/ggml', 'enc ns', 'dec ns']
  console.log(columns.map((name) => name.padStart(10)).join(''))
  for (const row of rows) {
    const ratio = row.golden !== undefined && row.goldenGgml !== undefined ? row.golden / row.goldenGgml : undefined
    const cells = [
      row.type,
      row.bitsPerValue.toFixed(2),
      ...samples.map((name) => row.errors[name].toFixed(6)),
      row.golden?.toFixed(6) ?? '-',
      row.goldenGgml?.toFixed(6) ?? '-',
      ratio?.toFixed(4) ?? '-',
      row.encodeNsPerValue.toFixed(1),
      row.decodeNsPerValue.toFixed(1),
    ]
    console.log(cells.map((cell) => cell.padStart(10)).join(''))
  }
}
