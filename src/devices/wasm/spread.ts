/** How blocks of GGUF's integer types give up their codes, as 32-bit words of four in k order, and their scales. */
import type { BlockTypeName } from '../../quant/block-type.ts'

/** How one block of the file gives up its codes and scales. */
export interface Spread {
  readonly blockLength: 32 | 256
  readonly blockBytes: number
  /** Writes blockLength / 4 words of four codes each at `to`; `at` is the block's byte offset, even as all block sizes are. */
  readonly codes: (halves: Uint16Array, at: number, words: Uint32Array, to: number) => void
  /** Byte offset of the f16 scale and (where there is one) the f16 minimum. */
  readonly scaleAt: number
  readonly minimumAt?: number
  /** Super-scaled formats: writes scale (and minimum) bytes of the 8 or 16 sub-blocks. */
  readonly subScales?: (bytes: Uint8Array, at: number, scales: Uint8Array, minimums: Uint8Array) => void
}

const word = (halves: Uint16Array, at: number): number =>
  ((halves[at >> 1] as number) | ((halves[(at >> 1) + 1] as number) << 16)) >>> 0

/** Spreads 4 bits to bit 4 of four bytes. */
const fifthBits = Uint32Array.from(
  { length: 16 },
  (_, bits) => ((bits & 1) << 4) | ((bits & 2) << 11) | ((bits & 4) << 18) | ((bits & 8) << 25),
)

const legacy = (codesAt: number, highAt: number | undefined, minimumAt?: number): Spread => ({
  blockLength: 32,
  blockBytes: codesAt + 16,
  scaleAt: 0,
  ...(minimumAt === undefined ? {} : { minimumAt }),
  codes: (halves, at, words, to) => {
    const high = highAt === undefined ? 0 : word(halves, at + highAt)
    for (let i = 0; i < 4; i++) {
      const pair = word(halves, at + codesAt + i * 4)
      words[to + i] = (pair & 0x0f0f0f0f) | (fifthBits[(high >>> (4 * i)) & 15] as number)
      words[to + i + 4] = ((pair >>> 4) & 0x0f0f0f0f) | (fifthBits[(high >>> (4 * i + 16)) & 15] as number)
    }
  },
})

/** The 6-bit scales and minimums of q4_k and q5_k: 12 bytes for 8 of each. */
function sixBitScales(bytes: Uint8Array, at: number, scales: Uint8Array, minimums: Uint8Array): void {
  for (let j = 0; j < 4; j++) {
    const low = bytes[at + j] as number
    const middle = bytes[at + j + 4] as number
    const high = bytes[at + j + 8] as number
    scales[j] = low & 63
    minimums[j] = middle & 63
    scales[j + 4] = (high & 15) | ((low >> 6) << 4)
    minimums[j + 4] = (high >> 4) | ((middle >> 6) << 4)
  }
}

const q4k: Spread = {
  blockLength: 256,
  blockBytes: 144,
  scaleAt: 0,
  minimumAt: 2,
  subScales: (bytes, at, scales, minimums) => sixBitScales(bytes, at + 4, scales, minimums),
  codes: (halves, at, words, to) => {
    for (let chunk = 0; chunk < 4; chunk++) {
      for (let i = 0; i < 8; i++) {
        const pair = word(halves, at + 16 + chunk * 32 + i * 4)
        words[to + chunk * 16 + i] = pair & 0x0f0f0f0f
        words[to + chunk * 16 + 8 + i] = (pair >>> 4) & 0x0f0f0f0f
      }
    }
  },
}

const q5k: Spread = {
  blockLength: 256,
  blockBytes: 176,
  scaleAt: 0,
  minimumAt: 2,
  subScales: (bytes, at, scales, minimums) => sixBitScales(bytes, at + 4, scales, minimums),
  codes: (halves, at, words, to) => {
    for (let chunk = 0; chunk < 4; chunk++) {
      for (let i = 0; i < 8; i++) {
        const high = word(halves, at + 16 + i * 4) >>> (2 * chunk)
        const pair = word(halves, at + 48 + chunk * 32 + i * 4)
        words[to + chunk * 16 + i] = (pair & 0x0f0f0f0f) | ((high & 0x01010101) << 4)
        words[to + chunk * 16 + 8 + i] = ((pair >>> 4) & 0x0f0f0f0f) | (((high >>> 1) & 0x01010101) << 4)
      }
    }
  },
}

const q6k: Spread = {
  blockLength: 256,
  blockBytes: 210,
  scaleAt: 208,
  subScales: (bytes, at, scales) => {
    for (let j = 0; j < 16; j++) scales[j] = bytes[at + 192 + j] as number
  },
  codes: (halves, at, words, to) => {
    for (let part = 0; part < 2; part++) {
      for (let i = 0; i < 8; i++) {
        const first = word(halves, at + part * 64 + i * 4)
        const second = word(halves, at + part * 64 + 32 + i * 4)
        const high = word(halves, at + 128 + part * 32 + i * 4)
        const first32 = to + part * 32 + i
        words[first32] = (first & 0x0f0f0f0f) | ((high & 0x03030303) << 4)
        words[first32 + 8] = (second & 0x0f0f0f0f) | (((high >>> 2) & 0x03030303) << 4)
        words[first32 + 16] = ((first >>> 4) & 0x0f0f0f0f) | (((high >>> 4) & 0x03030303) << 4)
        words[first32 + 24] = ((second >>> 4) & 0x0f0f0f0f) | (((high >>> 6) & 0x03030303) << 4)
      }
    }
  },
}

/** Two-bit codes of q2_k and q3_k: 64 bytes hold 256 codes, 128 at a time, four shifts over 32 bytes. */
function twoBitCodes(halves: Uint16Array, at: number, words: Uint32Array, to: number): void {
  for (let part = 0; part < 2; part++) {
    for (let shift = 0; shift < 4; shift++) {
      for (let i = 0; i < 8; i++) {
        words[to + part * 32 + shift * 8 + i] = (word(halves, at + part * 32 + i * 4) >>> (2 * shift)) & 0x03030303
      }
    }
  }
}

const q2k: Spread = {
  blockLength: 256,
  blockBytes: 84,
  scaleAt: 80,
  minimumAt: 82,
  subScales: (bytes, at, scales) => {
    for (let j = 0; j < 16; j++) scales[j] = bytes[at + j] as number
  },
  codes: (halves, at, words, to) => twoBitCodes(halves, at + 16, words, to),
}

const q3k: Spread = {
  blockLength: 256,
  blockBytes: 110,
  scaleAt: 108,
  subScales: (bytes, at, scales) => {
    for (let j = 0; j < 16; j++) {
      const low = ((bytes[at + 96 + (j & 7)] as number) >> (j < 8 ? 0 : 4)) & 15
      const high = ((bytes[at + 104 + (j & 3)] as number) >> (2 * (j >> 2))) & 3
      scales[j] = (low | (high << 4)) - 32
    }
  },
  codes: (halves, at, words, to) => {
    twoBitCodes(halves, at + 32, words, to)
    for (let part = 0; part < 8; part++) {
      for (let i = 0; i < 8; i++) {
        const high = (word(halves, at + i * 4) >>> part) & 0x01010101
        words[to + part * 8 + i] = (words[to + part * 8 + i] as number) | (high << 2)
      }
    }
  },
}

export const spreads: { readonly [name in BlockTypeName]?: Spread } = {
  q4_0: legacy(2, undefined),
  q4_1: legacy(4, undefined, 2),
  q5_0: legacy(6, 2),
  q5_1: legacy(8, 4, 2),
  q4_k: q4k,
  q5_k: q5k,
  q6_k: q6k,
  q2_k: q2k,
  q3_k: q3k,
}
