/**
 * The state-space dual and the gated delta rule in chunks are the recurrences: for every length of a chunk, wherever runs are cut, and for
 * the state they leave.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { normals, seeded } from './random-values.ts'
import { expectEqualBits, nearInRow, Suite } from './suite.ts'
import { ops } from './tensor.ts'
import type { Device } from './tensor.ts'

const mostTokens = 150

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

interface Recurrence {
  readonly name: string
  readonly write: (suite: Suite, drawn: Case) => void
  /** Relative to the largest value: sums of up to N + 64 products in another order. */
  readonly tolerance: number
}

const recurrences: readonly Recurrence[] = [
  {
    name: 'the state-space dual',
    tolerance: 1e-5,
    write(suite, { heads, headDim, groups, stateSize, seed }) {
      const { rows, vector } = operandsOf(suite, seed)
      const inputs = {
        x: rows('x', heads * headDim),
        dt: rows('dt', heads, 2),
        A: vector('A', heads, (value) => -Math.exp(value)),
        B: rows('B', groups * stateSize),
        C: rows('C', groups * stateSize),
        D: vector('D', heads),
        dtBias: vector('bias', heads),
      }
      suite.g.output('out', ops.ssd(suite.g, inputs, { groups }))
    },
  },
  {
    name: 'the gated delta rule',
    // What the state knows is taken off again, so errors of one token enter the next one's.
    tolerance: 4e-5,
    write(suite, { heads, headDim, groups: keyHeads, stateSize, seed }) {
      const { rows, vector } = operandsOf(suite, seed)
      const unit = suite.floats('unit', new Float32Array(stateSize).fill(stateSize ** -0.5))
      const inputs = {
        q: rows('q', keyHeads * stateSize),
        // Longer keys would let the state grow without bound.
        k: ops.rmsNorm(suite.g, rows('k', keyHeads * stateSize), unit, 1e-6),
        v: rows('v', heads * headDim),
        alpha: rows('alpha', heads, 2),
        beta: rows('beta', heads, 2),
        A: vector('A', heads, (value) => -Math.exp(value - 2)),
        alphaBias: vector('bias', heads),
      }
      const sharing = seed % 2 === 0 ? 'grouped' : 'tiled'
      suite.g.output('out', ops.gatedDelta(suite.g, inputs, { keyHeads, sharing }))
    },
  },
]

function operandsOf(suite: Suite, seed: number) {
  const random = seeded(seed)
  return {
    rows: (name: string, width: number, scale = 1) =>
      suite.rows(name, normals(random, mostTokens * width, scale), width),
    vector: (name: string, length: number, change = (value: number) => value) =>
      suite.floats(name, normals(random, length).map(change)),
  }
}

function write(recurrence: Recurrence, drawn: Case): Suite {
  const suite = new Suite(recurrence.name)
  recurrence.write(suite, drawn)
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

function expectNear(got: Float32Array, want: Float32Array, tolerance: number, what: string): void {
  const most = nearInRow(want.length, tolerance)({ values: want })
  expect(got.length, what).toBe(want.length)
  const index = want.findIndex((value, i) => !(Math.abs(got[i] - value) <= most(i)))
  expect(index < 0 ? undefined : `[${index}]: ${got[index]}, not ${want[index]}`, what).toBeUndefined()
}

const lengths = [4, 8, 16, 32, 64]
const pairs = recurrences.flatMap((recurrence) =>
  lengths.map((chunkTokens) => ({ name: recurrence.name, chunkTokens, recurrence })),
)

describe.each(pairs)('chunks of $chunkTokens tokens of $name', ({ recurrence, chunkTokens }) => {
  const { tolerance } = recurrence
  const chunked = () => createWasmDevice({ chunkTokens })
  const check = (property: (drawn: Case) => Promise<void>) =>
    fc.assert(fc.asyncProperty(cases, property), { numRuns: 12, seed: chunkTokens })

  it('are the recurrence, and where runs are cut changes no bit', () =>
    check(async (drawn) => {
      const suite = write(recurrence, drawn)
      const want = await read(createReferenceDevice(), suite, [drawn.length])
      const whole = await read(chunked(), suite, [drawn.length])
      const cut = await read(chunked(), suite, drawn.ends)
      expectNear(whole.outputs, want.outputs, tolerance, 'outputs')
      expectNear(whole.state, want.state, tolerance, 'state')
      expectEqualBits(cut.outputs, whole.outputs, `outputs of runs up to ${drawn.ends.join()}`)
      expectEqualBits(cut.state, whole.state, `state of runs up to ${drawn.ends.join()}`)
    }))

  it('go on from a state that was written, and give it back as it was', () =>
    check(async (drawn) => {
      const suite = write(recurrence, drawn)
      const { heads, headDim, stateSize, seed, length } = drawn
      const initial = normals(seeded(seed + 1), heads * headDim * stateSize)
      const ends = [Math.min(length, mostTokens - 5)]
      const want = await read(createReferenceDevice(), suite, ends, initial)
      const got = await read(chunked(), suite, ends, initial)
      expectNear(got.outputs, want.outputs, tolerance, 'outputs')
      expectNear(got.state, want.state, tolerance, 'state')
      expectEqualBits((await read(chunked(), suite, [], initial)).state, initial, 'nothing read')
    }))
})

it.each(recurrences)('addresses of 64 bits change no bit of $name', (recurrence) =>
  fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const suite = write(recurrence, drawn)
      const [narrow, wide] = await Promise.all(
        [false, true].map((memory64) => read(createWasmDevice({ memory64 }), suite, drawn.ends)),
      )
      expectEqualBits(wide.outputs, narrow.outputs, 'outputs')
      expectEqualBits(wide.state, narrow.state, 'state')
    }),
    { numRuns: 4, seed: 3 },
  ),
)

it('a chunk that is no power of two from 4 to 64 is refused', () => {
  for (const chunkTokens of [0, 2, 12, 128]) {
    expect(() => createWasmDevice({ chunkTokens })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
