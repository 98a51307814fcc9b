/**
 * The one source of randomness: xoshiro128** seeded through splitmix32, so that a seed gives the same numbers on every machine.
 * Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021.
 */

export interface Random {
  /** A whole number in [0, 2^32). */
  readonly uint32: () => number
  /** A number in [0, 1) with 53 random bits. */
  readonly float: () => number
}

/** Starts a generator; `seed` is any safe integer, its low and high 32 bits both count. */
export function createRandom(seed: number): Random {
  const spread = splitmix32((seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b1))
  let a = spread()
  let b = spread()
  let c = spread()
  let d = spread()

  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotateLeft(d, 11)
    return result
  }
  const float = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53
  return { uint32, float }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
}

/**
 * A seed for one of many tasks: a function of the run's seed and of the path to the task, so that it depends on nothing that runs beside.
 * FNV-1a over the parts, twice with different starts: 53 bits.
 */
export function deriveSeed(seed: number, ...path: readonly (string | number)[]): number {
  const text = [seed, ...path].map((part) => `${typeof part}:${part}`).join('\0')
  return hash(text, 0x811c9dc5) + (hash(text, 0x9747b28c) >>> 11) * 2 ** 32
}

function hash(text: string, start: number): number {
  let value = start
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value ^= value >>> 15
  value = Math.imul(value, 0x2c1b3c6d)
  return (value ^ (value >>> 13)) >>> 0
}
