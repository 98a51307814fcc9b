/**
 * Looking must change nothing and show what is there: every tensor that a device makes, of every architecture, in runs of one and of
 * several tokens, on one thread and on two, against the reference device; attention's weights against its own output.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { startHelperThread } from '../../src/devices/wasm/helper-thread.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import { listTapPoints, selectTapPoints, watchPoints } from '../../src/models/taps/index.ts'
import type { TapPoint, TapRecord } from '../../src/models/taps/index.ts'
import { constantSource, Graph } from '../../src/tensor/index.ts'
import { attention, embedding } from '../../src/tensor/ops/index.ts'
import { mapPages } from '../golden-suite/support.ts'
import { randomModels } from '../support/random-architectures.ts'
import { expectEqualBits } from './suite.ts'
import type { Batch, Device, Program, Tensor } from './tensor.ts'

const names = ['llama', 'gemma2', 'mistral', 'mamba', 'mamba2', 'recurrent_gemma', 'mixtral', 'jamba']
const models = await Promise.all(
  randomModels()
    .filter(({ name }) => names.includes(name))
    .map(async ({ name, open }) => ({ name, model: await open(3) })),
)

const devices: readonly { readonly name: string; readonly create: () => Device }[] = [
  { name: 'wasm', create: () => createWasmDevice() },
  { name: 'wasm, 2 threads', create: () => createWasmDevice({ threads: 2, startHelperThread }) },
]

/** The second run is a step, the third a chunk that begins at a page's last position. */
const runs = [62, 1, 5] as const

describe.each(models)('$name', ({ model }) => {
  const graph = model.graph()
  const V = model.weights.get('token_embd.weight')?.shape[0] ?? 1

  describe.each(devices)('$name', ({ create }) => {
    let device: Device
    let reference: Device
    beforeAll(() => {
      device = create()
      reference = createReferenceDevice()
    })
    afterAll(async () => {
      await device[Symbol.asyncDispose]()
      await reference[Symbol.asyncDispose]()
    })

    it('shows what the reference device shows, and answers as if nobody looked', async () => {
      const watched = await loadOn(device, graph, model)
      const alone = await loadOn(device, graph, model)
      const wanted = await loadOn(reference, graph, model)
      const points = listTapPoints(graph, watched)
      expect(points.length).toBeGreaterThan(10)
      for (const batch of batches(V)) {
        const plain = alone.run(batch).get('logits')?.slice() ?? new Float32Array()
        const { logits, records } = runWatched(watched, points, batch)
        const expected = runWatched(wanted, points, batch).records
        expectEqualBits(logits, plain, 'logits')
        expect(records.map(({ step, shape }) => [step, shape])).toEqual(
          expected.map(({ step, shape }) => [step, shape]),
        )
        records.forEach((record, index) => expectNear(record, expected[index]))
      }
    })
  })
})

describe.each(models.filter(({ model }) => model.graph().caches.length > 0))('attention of $name', ({ model }) => {
  it('shares sum to 1 and lie within the window', async () => {
    const graph = model.graph()
    await using device = createWasmDevice()
    const program = await loadOn(device, graph, model)
    const points = selectTapPoints(listTapPoints(graph, program), ['blk.*.attention'])
    expect(points.length).toBe(graph.caches.length)
    for (const batch of batches(16)) {
      runWatched(program, points, batch).records.forEach(({ data, shape, position }, layer) => {
        const [heads, tokens, positions] = shape
        expect(positions).toBe(position + tokens)
        const { window = Infinity } = graph.caches[layer]
        for (let row = 0; row < heads * tokens; row++) {
          const own = position + (row % tokens)
          const shares = [...data.subarray(row * positions, (row + 1) * positions)]
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4)
          const misplaced = shares.filter((share, at) => share > 0 !== (at <= own && at > own - window))
          expect(misplaced).toEqual([])
        }
      })
    }
  })
})

describe('shares of keys in their pages', () => {
  const [heads, headDim, T] = [2, 64, 70]
  const g = new Graph()
  const embed = (name: string): Tensor =>
    embedding(g, g.weight(name, [T, heads * headDim], 'f32'), g.input('tokens'), name)
  const keyTable = Float32Array.from({ length: T * heads * headDim }, (_, index) => Math.sin(index * 1.7))
  const attended = attention(g, embed('q'), embed('k'), embed('v'), {
    heads,
    kvHeads: heads,
    headDim,
    scale: 0.1,
    window: undefined,
    softcap: undefined,
  })
  g.output('logits', attended)
  const weights = new Map(['q', 'k', 'v'].map((name) => [name, constantSource(name, keyTable, [T, heads * headDim])]))

  const query = Float32Array.from({ length: headDim }, (_, d) => Math.cos(d))
  it.each([
    ['f32', 1e-5],
    ['f16', 1e-3],
    ['q12', 1e-3],
    ['q8', 2e-2],
  ] as const)('near those with the keys as they were: %s', async (type, tolerance) => {
    await using device = createWasmDevice()
    const cache = { pages: 3, sequences: 2, type }
    const program = await device.load(g, weights, { maxTokens: T, maxRows: 1, cache })
    mapPages(program, 1, T)
    const tokens = Int32Array.from({ length: T }, (_, t) => t)
    program.run({ tokens, positions: tokens, sequences: new Int32Array(T).fill(1), rows: Int32Array.of(0) })
    for (const [from, to] of [
      [0, 70],
      [13, 17],
      [63, 66],
    ]) {
      for (const softcap of [undefined, 3]) {
        const shares = program.caches.attentionShares(0, {
          sequence: 1,
          keyHead: 1,
          values: query,
          from,
          to,
          scale: 0.7,
          softcap,
        })
        const powers = Array.from({ length: to - from }, (_, index) => {
          const key = ((from + index) * heads + 1) * headDim
          const score = 0.7 * query.reduce((sum, value, d) => sum + value * keyTable[key + d], 0)
          return Math.exp(softcap === undefined ? score : softcap * Math.tanh(score / softcap))
        })
        const total = powers.reduce((sum, power) => sum + power, 0)
        expect(shares).toHaveLength(powers.length)
        powers.forEach((power, index) => expect(Math.abs(shares[index] - power / total)).toBeLessThan(tolerance))
      }
    }
  })
})

async function loadOn(device: Device, graph: Graph, model: OpenedModel) {
  const cache = { pages: 4, sequences: 2, type: 'f32', checkpoints: 1 } as const
  const program = await device.load(graph, model.weights, { maxTokens: 64, maxRows: 64, cache })
  mapPages(program, 1, 70)
  return program
}

/** One sequence, in slot 1. */
function batches(V: number): Batch[] {
  let start = 0
  return runs.map((T) => {
    const positions = Int32Array.from({ length: T }, (_, t) => start + t)
    start += T
    return {
      tokens: positions.map((position) => (position * 7 + 3) % V),
      positions,
      sequences: new Int32Array(T).fill(1),
      rows: Int32Array.of(T - 1),
    }
  })
}

function runWatched(
  program: Program,
  points: readonly TapPoint[],
  batch: Batch,
): { logits: Float32Array; records: TapRecord[] } {
  const tokens = batch.tokens.length
  const place = { sequence: 1, firstToken: 0, position: batch.positions[0], tokens, firstRow: 0, rows: 1 }
  const watch = watchPoints(points, program)(place)
  const logits = program.run(batch, watch.taps).get('logits')?.slice() ?? new Float32Array()
  return { logits, records: watch.records() }
}

function expectNear({ step, data }: TapRecord, wanted: TapRecord): void {
  let largest = 1
  let difference = 0
  wanted.data.forEach((value, index) => {
    largest = Math.max(largest, Math.abs(value))
    difference = Math.max(difference, Math.abs(value - data[index]))
  })
  expect(difference / largest, step).toBeLessThan(2e-3)
}
