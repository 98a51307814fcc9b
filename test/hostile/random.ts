/** Seeded random numbers for the mutations: the same seed gives the same files. */
export interface Random {
  /** An integer in [0, below). */
  below(below: number): number
  pick<Item>(items: readonly Item[]): Item
}

/** mulberry32, public domain, by Tommy Ettinger. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { below, pick: (items) => items[below(items.length)] }
}

/** Numbers at which readers break: borders of the integer types and of what doubles hold. */
export const borderNumbers: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  31n,
  33n,
  255n,
  256n,
  65_535n,
  65_536n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  (1n << 32n) + 1n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 61n) + 1n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 32n,
  (1n << 64n) - 8n,
  (1n << 64n) - 1n,
]

/** Damage that knows nothing of the format: flipped bits, cut, doubled and moved pieces. */
export function mutateBlindly(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  const length = 1 + random.below(Math.min(64, bytes.length - at))
  switch (random.below(6)) {
    case 0: {
      const changed = bytes.slice()
      changed[at] ^= 1 << random.below(8)
      return changed
    }
    case 1: {
      const changed = bytes.slice()
      changed[at] = random.below(256)
      return changed
    }
    case 2:
      return bytes.slice(0, at)
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length))
    case 4:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at))
    default: {
      const changed = bytes.slice()
      changed.copyWithin(random.below(bytes.length), at, at + length)
      return changed
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
