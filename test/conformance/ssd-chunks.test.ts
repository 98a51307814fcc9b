/** The state-space dual in chunks is the recurrence: for every length of a chunk, wherever runs are cut, and for the state it leaves. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { normals, seeded } from './random-values.ts'
import { expectEqualBits, nearInRow, Suite } from './suite.ts'
import { ops } from './tensor.ts'
import type { Device } from './tensor.ts'

const mostTokens = 150

/** Relative to the largest value: sums of up to N + 64 products in another order. */
const tolerance = 1e-5

interface Case {
  readonly heads: number
  readonly headDim: number
  readonly groups: number
  readonly stateSize: number
  readonly length: number
  /** Ends of the runs that the text is read in. */
  readonly ends: readonly number[]
  readonly seed: number
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    groups: fc.integer({ min: 1, max: 3 }),
    headsOfGroup: fc.integer({ min: 1, max: 3 }),
    headDim: fc.integer({ min: 1, max: 40 }),
    stateSize: fc.integer({ min: 1, max: 33 }),
    length: fc.integer({ min: 1, max: mostTokens }),
    cuts: fc.array(fc.integer({ min: 1, max: mostTokens }), { maxLength: 4 }),
    seed: fc.nat(1000),
  })
  .map(({ headsOfGroup, groups, cuts, length, ...rest }) => ({
    ...rest,
    groups,
    heads: groups * headsOfGroup,
    length,
    ends: [...new Set([...cuts.filter((cut) => cut < length), length])].toSorted((a, b) => a - b),
  }))

function write({ heads, headDim, groups, stateSize, seed }: Case): Suite {
  const random = seeded(seed)
  const suite = new Suite('dual')
  const rows = (name: string, width: number, scale = 1) =>
    suite.rows(name, normals(random, mostTokens * width, scale), width)
  const inputs = {
    x: rows('x', heads * headDim),
    dt: rows('dt', heads, 2),
    A: suite.floats(
      'A',
      normals(random, heads).map((value) => -Math.exp(value)),
    ),
    B: rows('B', groups * stateSize),
    C: rows('C', groups * stateSize),
    D: suite.floats('D', normals(random, heads)),
    dtBias: suite.floats('bias', normals(random, heads)),
  }
  suite.g.output('out', ops.ssd(suite.g, inputs, { groups }))
  return suite
}

/** Reads the text in runs that end at `ends`; all outputs, and the state afterwards. */
async function read(device: Device, suite: Suite, ends: readonly number[], initial?: Float32Array) {
  await using used = device
  const cache = { pages: 3, sequences: 1, type: 'f32' } as const
  const program = await used.load(suite.g, suite.weights, { maxTokens: mostTokens, maxRows: mostTokens, cache })
  if (initial !== undefined) program.states.write(0, 0, initial)
  // A text whose state is given goes on in the middle of a chunk.
  let start = initial === undefined ? 0 : 5
  const shift = start
  const outputs = ends.flatMap((end) => {
    const tokens = Int32Array.from({ length: end + shift - start }, (_, index) => start - shift + index)
    const positions = tokens.map((token) => token + shift)
    start = end + shift
    const out = program.run({ tokens, positions, sequences: new Int32Array(tokens.length), rows: Int32Array.of(0) })
    return Array.from(out.get('out') ?? [])
  })
  return { outputs: Float32Array.from(outputs), state: program.states.read(0, 0) }
}

function expectNear(got: Float32Array, want: Float32Array, what: string): void {
  const most = nearInRow(want.length, tolerance)({ values: want })
  expect(got.length, what).toBe(want.length)
  const index = want.findIndex((value, i) => !(Math.abs(got[i] - value) <= most(i)))
  expect(index < 0 ? undefined : `[${index}]: ${got[index]}, not ${want[index]}`, what).toBeUndefined()
}

describe.each([4, 8, 16, 32, 64])('chunks of %i tokens', (chunkTokens) => {
  const chunked = () => createWasmDevice({ chunkTokens })
  const check = (property: (drawn: Case) => Promise<void>) =>
    fc.assert(fc.asyncProperty(cases, property), { numRuns: 12, seed: chunkTokens })

  it('are the recurrence, and where runs are cut changes no bit', () =>
    check(async (drawn) => {
      const suite = write(drawn)
      const want = await read(createReferenceDevice(), suite, [drawn.length])
      const whole = await read(chunked(), suite, [drawn.length])
      const cut = await read(chunked(), suite, drawn.ends)
      expectNear(whole.outputs, want.outputs, 'outputs')
      expectNear(whole.state, want.state, 'state')
      expectEqualBits(cut.outputs, whole.outputs, `outputs of runs up to ${drawn.ends.join()}`)
      expectEqualBits(cut.state, whole.state, `state of runs up to ${drawn.ends.join()}`)
    }))

  it('go on from a state that was written, and give it back as it was', () =>
    check(async (drawn) => {
      const suite = write(drawn)
      const { heads, headDim, stateSize, seed, length } = drawn
      const initial = normals(seeded(seed + 1), heads * headDim * stateSize)
      const ends = [Math.min(length, mostTokens - 5)]
      const want = await read(createReferenceDevice(), suite, ends, initial)
      const got = await read(chunked(), suite, ends, initial)
      expectNear(got.outputs, want.outputs, 'outputs')
      expectNear(got.state, want.state, 'state')
      expectEqualBits((await read(chunked(), suite, [], initial)).state, initial, 'nothing read')
    }))
})

it('addresses of 64 bits change no bit', () =>
  fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const suite = write(drawn)
      const [narrow, wide] = await Promise.all(
        [false, true].map((memory64) => read(createWasmDevice({ memory64 }), suite, drawn.ends)),
      )
      expectEqualBits(wide.outputs, narrow.outputs, 'outputs')
      expectEqualBits(wide.state, narrow.state, 'state')
    }),
    { numRuns: 4, seed: 3 },
  ))

it('a chunk that is no power of two from 4 to 64 is refused', () => {
  for (const chunkTokens of [0, 2, 12, 128]) {
    expect(() => createWasmDevice({ chunkTokens })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
