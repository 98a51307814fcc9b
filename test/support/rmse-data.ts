/** Seeded values that look like model weights, for measuring how much a block type loses. */

export interface RmseSample {
  readonly name: string
  readonly values: Float32Array
}

/** Samples of `length` values (a multiple of 512) each; the same seed gives the same values. */
export function rmseSamples(length: number, seed: number): RmseSample[] {
  return [
    { name: 'normal', values: fill(length, seed, (normal) => normal()) },
    // Weights of a trained layer: small, each row of 512 with its own spread, one value in 200 far out.
    {
      name: 'weights',
      values: fill(
        length,
        seed + 1,
        (normal, i, uniform, row) => 0.02 * row(i >> 9) * normal() * (uniform() < 0.005 ? 6 : 1),
      ),
    },
    // Heavy tails, as in embeddings: Laplace.
    {
      name: 'laplace',
      values: fill(length, seed + 2, (_normal, _i, uniform) => {
        const u = uniform() - 0.5
        return -0.05 * Math.sign(u) * Math.log(1 - 2 * Math.abs(u))
      }),
    },
    // Off-centre, as where a layer has a bias folded in.
    { name: 'shifted', values: fill(length, seed + 3, (normal) => 0.03 + 0.02 * normal()) },
  ]
}

/** Root mean square of the difference over that of the values. */
export function relativeRmse(decoded: Float32Array, values: Float32Array): number {
  let error = 0
  let power = 0
  for (let i = 0; i < values.length; i++) {
    error += (decoded[i] - values[i]) ** 2
    power += values[i] ** 2
  }
  return Math.sqrt(error / power)
}

type Generate = (
  normal: () => number,
  index: number,
  uniform: () => number,
  rowSpread: (row: number) => number,
) => number

function fill(length: number, seed: number, generate: Generate): Float32Array {
  const uniform = mulberry32(seed)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const rowSpread = (row: number): number => 0.5 + mulberry32(row + 1)()
  return Float32Array.from({ length }, (_, i) => generate(normal, i, uniform, rowSpread))
}

/** Tommy Ettinger's 32-bit generator (public domain): one multiply-xorshift round of a counter. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
