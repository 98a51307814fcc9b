/** Memories: one program stores keys and values, another attends to copies of their pages, from sequences that share them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createMemorySequences } from '../../src/models/index.ts'
import { deviceVariants } from './device-variants.ts'
import { normals, seeded } from './random-values.ts'
import { expectEqualBits } from './suite.ts'
import { constantSource, Graph, ops } from './tensor.ts'
import type { Device, LoadOptions, WeightSource } from './tensor.ts'

type CacheType = LoadOptions['cache']['type']

const shapes = [
  { heads: 4, kvHeads: 4, headDim: 12 },
  { heads: 4, kvHeads: 2, headDim: 64 },
]
const rowCount = 150
/** Two sources; sequences 2 and 3 are forks of them. */
const sources = [Array.from({ length: 130 }, (_, index) => index), [140, 3, 99]]

const weights = new Map<string, WeightSource>()

function rows(g: Graph, name: string, width: number, seed: number) {
  weights.set(name, constantSource(name, normals(seeded(seed), rowCount * width), [rowCount, width]))
  return ops.embedding(g, g.weight(name, [rowCount, width], 'f32'), g.input('tokens'))
}

const encoderGraph = new Graph()
const decoderGraph = new Graph()
shapes.forEach(({ heads, kvHeads, headDim }, index) => {
  const k = rows(encoderGraph, `k ${index}`, kvHeads * headDim, 3 * index)
  const v = rows(encoderGraph, `v ${index}`, kvHeads * headDim, 3 * index + 1)
  ops.memoryStore(encoderGraph, k, v, { kvHeads, headDim })
  const q = rows(decoderGraph, `q ${index}`, heads * headDim, 3 * index + 2)
  const settings = { heads, kvHeads, headDim, scale: headDim ** -0.5 }
  // Attention to the text stands between, so that memories and texts are told apart.
  const text = ops.attention(decoderGraph, q, q, q, {
    ...settings,
    kvHeads: heads,
    window: undefined,
    softcap: undefined,
  })
  decoderGraph.output(`${index}`, ops.add(decoderGraph, text, ops.memoryAttention(decoderGraph, q, settings)))
})

/** Outputs of a run of all four sequences at once, and of one token of each again. */
async function runBoth(device: Device, type: CacheType): Promise<Float32Array[]> {
  await using used = device
  const cache = { pages: 12, memoryPages: 6, type }
  const encoder = await used.load(encoderGraph, weights, {
    maxTokens: rowCount,
    maxRows: 1,
    cache: { ...cache, sequences: 1 },
  })
  const decoder = await used.load(decoderGraph, weights, {
    maxTokens: rowCount,
    maxRows: 1,
    cache: { ...cache, sequences: 4 },
  })
  const sequences = createMemorySequences(encoder, decoder, { sequences: 4 })
  const open = sources.map((source) => sequences.open(source))
  const all = [...open, ...open.map((sequence) => sequences.fork(sequence))]
  const run = (tokens: readonly (readonly number[])[]): Float32Array[] => {
    const items = tokens.flatMap((own, index) => own.map((token) => ({ token, sequence: all[index] })))
    const starts = new Map(all.map((sequence) => [sequence, sequences.length(sequence)]))
    const positions = items.map(({ sequence }) => {
      const position = starts.get(sequence) as number
      starts.set(sequence, position + 1)
      return position
    })
    for (const [sequence, length] of starts) sequences.reserve(sequence, length)
    const outputs = decoder.run({
      tokens: Int32Array.from(items, ({ token }) => token),
      positions: Int32Array.from(positions),
      sequences: Int32Array.from(items, ({ sequence }) => sequence),
      lasts: Int32Array.from(items, ({ sequence }) => sequences.lastOf(sequence)),
      rows: new Int32Array(0),
    })
    return [...outputs.values()].map((values) => values.slice())
  }
  return [
    ...run([[5], [6], [7, 8, 9, 10, 11], [12, 13]]),
    ...run([[20], [21]]),
    ...run([[22]]),
    ...run([[], [], [], [30]]),
  ]
}

describe.each<CacheType>(['f32', 'f16', 'q12'])('memory of %s', (type) => {
  let reference: Float32Array[] = []
  const firstOfFamily = new Map<string, Float32Array[]>()
  // Both are off by about 2^-11 of each key and value.
  const bound = type === 'f32' ? 2e-5 : 4e-3

  beforeAll(async () => {
    reference = await runBoth(createReferenceDevice(), 'f32')
  })

  for (const { name, family, create } of deviceVariants) {
    it(name, async () => {
      const results = await runBoth(create(), type)
      const first = firstOfFamily.get(family) ?? results
      firstOfFamily.set(family, first)
      results.forEach((values, index) => {
        const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[index][i])), 0)
        expect(worst, `output ${index}`).toBeLessThanOrEqual(bound)
        expectEqualBits(values, first[index], `output ${index}`)
      })
    })
  }
})
