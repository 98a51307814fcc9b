/**
 * Every encoder-decoder of the golden set that the registry knows, against its oracle: the encoder on the whole source, the decoder at
 * once, token by token, and as a prefill with steps after it.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { architectures, createMemorySequences } from '../../src/models/index.ts'
import type { MemorySequences } from '../../src/models/index.ts'
import type { Program } from '../../src/tensor/index.ts'
import { goldenF32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { devices } from './model-matrix.ts'
import { expectClose, openGoldenSafetensors, readJson } from './support.ts'
import type { Tolerance } from './support.ts'

interface GoldenCase {
  readonly architecture: string
  readonly modelType: string
  readonly tokens: readonly number[]
  readonly decoderTokens: readonly number[]
  readonly expected: Readonly<Record<string, { readonly shape: readonly number[] }>>
  readonly tolerance: { readonly logits: Tolerance; readonly hidden?: Tolerance }
}

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => existsSync(join(folder, 'model.safetensors')) && isKnown(readJson(join(folder, 'case.json'))))

describe.each(folders)('golden: %s', (folder) => {
  const golden = readJson<GoldenCase>(join(folder, 'case.json'))
  const expected = readGoldenTensors(join(folder, 'expected.safetensors'))
  const { tokens, decoderTokens } = golden
  const T = decoderTokens.length
  const half = Math.ceil(T / 2)
  const schedules = [
    { name: 'prefill', ends: [T] },
    { name: 'token by token', ends: decoderTokens.map((_, index) => index + 1) },
    { name: 'prefill and steps', ends: [half, ...decoderTokens.slice(half).map((_, index) => half + index + 1)] },
  ]
  const compare = (outputs: ReadonlyMap<string, ArrayLike<number>>, keys: readonly string[], what: string): void => {
    for (const key of keys) {
      const tolerance =
        key === 'logits' ? golden.tolerance.logits : (golden.tolerance.hidden ?? golden.tolerance.logits)
      expectClose(outputs.get(key) ?? [], goldenF32(expected, key), tolerance, `${what}: ${key}`)
    }
  }
  const keysOf = (side: string): string[] =>
    [...expected.keys()].filter((key) => key === `${side}.output` || new RegExp(`^${side}\\.hidden\\.\\d+$`).test(key))

  for (const device of devices) {
    for (const config of ['config.json', 'config-legacy.json']) {
      it.skipIf(!existsSync(join(folder, config)))(`${device.name}: ${config}`, async () => {
        const model = await openGoldenSafetensors(folder, config, Math.max(tokens.length, T))
        if (model.encoderGraph === undefined) throw new Error('no encoder')
        await using hardware = device.create()
        const pages = Math.ceil(Math.max(tokens.length, T) / 64)
        const cache = { pages: 3 * pages + 2, memoryPages: pages + 1, type: 'f32' } as const
        const encoder = await hardware.load(model.encoderGraph({ hidden: true }), model.weights, {
          maxTokens: tokens.length,
          maxRows: 1,
          cache: { ...cache, sequences: 1 },
        })
        const decoder = await hardware.load(model.graph({ hidden: true }), model.weights, {
          maxTokens: T,
          maxRows: T,
          cache: { ...cache, sequences: 3 },
        })
        const encoded = new Map<string, Float32Array>()
        const sequences = createMemorySequences(watch(encoder, encoded), decoder, { sequences: 3 })
        const first = sequences.open(tokens)
        compare(encoded, keysOf('encoder'), 'encoder')
        expect(keysOf('encoder')).toContain('encoder.output')
        for (const { name, ends } of schedules) {
          const sequence = sequences.fork(first)
          const outputs = decodeInPieces(decoder, sequences, sequence, decoderTokens, ends)
          compare(outputs, ['logits', ...keysOf('decoder')], name)
          sequences.close(sequence)
        }
      })
    }
  }
})

/** The program, with copies of its outputs. */
function watch(program: Program, outputs: Map<string, Float32Array>): Program {
  return {
    ...program,
    run(batch) {
      const results = program.run(batch)
      for (const [name, values] of results) outputs.set(name, values.slice())
      return results
    },
  }
}

function decodeInPieces(
  program: Program,
  sequences: MemorySequences,
  sequence: number,
  tokens: readonly number[],
  ends: readonly number[],
): Map<string, number[]> {
  const joined = new Map<string, number[]>()
  let start = 0
  for (const end of ends) {
    const T = end - start
    sequences.reserve(sequence, end)
    const outputs = program.run({
      tokens: Int32Array.from(tokens.slice(start, end)),
      positions: Int32Array.from({ length: T }, (_, index) => start + index),
      sequences: new Int32Array(T).fill(sequence),
      lasts: new Int32Array(T).fill(sequences.lastOf(sequence)),
      rows: Int32Array.from({ length: T }, (_, index) => index),
    })
    for (const [name, values] of outputs) joined.set(name, [...(joined.get(name) ?? []), ...values])
    start = end
  }
  return joined
}

/** Mixtures of experts state more than one variant of their logits and have a suite of their own. */
function isKnown({ architecture, modelType, expected, decoderTokens }: Partial<GoldenCase>): boolean {
  const isPlain = decoderTokens !== undefined && expected !== undefined && 'logits' in expected
  return (
    isPlain &&
    architectures.some(({ names, forwardEncoder }) => {
      const isNamed =
        names.hfClasses.some((name) => name === architecture) || names.hf.some((name) => name === modelType)
      return isNamed && forwardEncoder !== undefined
    })
  )
}
