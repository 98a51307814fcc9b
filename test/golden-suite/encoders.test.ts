/**
 * Every encoder of the golden set against its oracle, from GGUF and from safetensors with both spellings of config.json. The oracle
 * padded its batch; here the same sequences lie side by side in one run without padding, so only real tokens are compared.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { architectures } from '../../src/models/index.ts'
import { pageTokens } from '../../src/tensor/index.ts'
import type { Batch } from '../../src/tensor/index.ts'
import { goldenF32, goldenI32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { devices, sources } from './model-matrix.ts'
import { expectClose, readJson } from './support.ts'
import type { Tolerance } from './support.ts'

interface EncoderCase {
  readonly architecture: string
  readonly expected: Readonly<Record<string, { readonly shape: readonly number[] }>>
  readonly tolerance: Readonly<Record<string, Tolerance>>
}

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => existsSync(join(folder, 'model.safetensors')) && isEncoder(readJson(join(folder, 'case.json'))))

describe.each(folders)('golden: %s', (folder) => {
  const golden = readJson<EncoderCase>(join(folder, 'case.json'))
  const expected = readGoldenTensors(join(folder, 'expected.safetensors'))
  const [B = 0, padded = 0] = golden.expected['input_ids']?.shape ?? []
  const mask = goldenI32(expected, 'attention_mask')
  /** Where the real tokens lie in the padded batch. */
  const places = Array.from(mask.keys()).filter((place) => mask[place] === 1)
  const batch = packBatch(places, padded, {
    tokens: goldenI32(expected, 'input_ids'),
    segments: goldenI32(expected, 'token_type_ids'),
  })
  const firsts = Array.from({ length: B }, (_, sequence) => batch.sequences.indexOf(sequence))

  for (const device of devices) {
    for (const source of sources) {
      it.skipIf(!existsSync(join(folder, source.file)))(`${device.name}: ${source.name}`, async () => {
        const model = await source.open(folder, padded)
        await using hardware = device.create()
        const T = places.length
        const pagesEach = Math.ceil(padded / pageTokens)
        const program = await hardware.load(model.graph({ hidden: true }), model.weights, {
          maxTokens: T,
          maxRows: T,
          cache: { pages: B * pagesEach, sequences: B, type: 'f32' },
        })
        for (let page = 0; page < B * pagesEach; page++) {
          program.caches.setPage(0, Math.floor(page / pagesEach), page % pagesEach, B * pagesEach - 1 - page)
        }
        const outputs = program.run(batch)
        const compare = (name: string, got: ArrayLike<number> | undefined, want: ArrayLike<number>): void => {
          const tolerance = golden.tolerance[name.replace(/\.\d+$/, '')]
          if (got === undefined || tolerance === undefined) throw new Error(`no output or tolerance '${name}'`)
          expectClose(got, want, tolerance, name)
        }

        const hidden = [...expected.keys()].filter((name) => name.startsWith('hidden.'))
        expect(hidden.length).toBeGreaterThan(1)
        const D = golden.expected['hidden.0']?.shape.at(-1) ?? 0
        for (const name of hidden) compare(name, outputs.get(name), rowsAt(goldenF32(expected, name), places, D))
        const last = outputs.get('hidden.norm') ?? new Float32Array()
        compare('mean', meanRows(last, batch.sequences, B), goldenF32(expected, 'mean'))
        compare('cls', rowsAt(last, firsts, D), goldenF32(expected, 'cls'))
        // Converters to GGUF leave out a head that nothing reads.
        const pooler = outputs.get('pooler')
        if (source.name !== 'GGUF' || pooler !== undefined) {
          compare('pooler', pooler && rowsAt(pooler, firsts, D), goldenF32(expected, 'pooler'))
        }
        if (!expected.has('score')) return
        const score = outputs.get('score')
        const labels = (score?.length ?? 0) / T
        compare('score', score && rowsAt(score, firsts, labels), goldenF32(expected, 'score'))
      })
    }
  }
})

/** The tokens at `places` of a padded batch, one sequence after the other. */
function packBatch(
  places: readonly number[],
  padded: number,
  inputs: { readonly tokens: Int32Array; readonly segments: Int32Array },
): Batch & { readonly sequences: Int32Array } {
  const sequences = Int32Array.from(places, (place) => Math.floor(place / padded))
  const lengths = new Map<number, number>()
  for (const sequence of sequences) lengths.set(sequence, (lengths.get(sequence) ?? 0) + 1)
  return {
    tokens: Int32Array.from(places, (place) => inputs.tokens[place]),
    segments: Int32Array.from(places, (place) => inputs.segments[place]),
    positions: Int32Array.from(places, (place) => place % padded),
    sequences,
    lasts: sequences.map((sequence) => (lengths.get(sequence) ?? 0) - 1),
    rows: Int32Array.from(places.keys()),
  }
}

function rowsAt(values: Float32Array, rows: readonly number[], width: number): number[] {
  return rows.flatMap((row) => Array.from(values.subarray(row * width, (row + 1) * width)))
}

/** Mean of the rows of each sequence, in double precision. */
function meanRows(values: Float32Array, sequences: Int32Array, B: number): number[] {
  const D = values.length / sequences.length
  const means = new Array<number>(B * D).fill(0)
  const counts = new Array<number>(B).fill(0)
  for (const sequence of sequences) counts[sequence]++
  sequences.forEach((sequence, row) => {
    for (let i = 0; i < D; i++) means[sequence * D + i] += values[row * D + i] / counts[sequence]
  })
  return means
}

function isEncoder({ architecture, expected }: Partial<EncoderCase>): boolean {
  const states = expected !== undefined && 'attention_mask' in expected && 'hidden.0' in expected
  return states && architectures.some(({ names }) => names.hfClasses.some((name) => name === architecture))
}
