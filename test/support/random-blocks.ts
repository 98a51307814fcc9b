/**
 * Random weights written directly as blocks: random codes under scales that keep the activations of a deep model near 1.
 * Encoding random floats would give the same bytes a hundred times slower.
 */
import { f32ToBf16, f32ToF16 } from '../../src/quant/half.ts'
import { createRandom, type Random } from '../../src/util/random.ts'

export type RandomBlockType = 'q4_0' | 'q5_0' | 'q8_0' | 'q4_k' | 'q5_k' | 'q6_k' | 'f16' | 'bf16' | 'f32'

interface BlockLayout {
  readonly values: number
  readonly bytes: number
  /** Makes one block of random bytes valid, with weights of about the given standard deviation. */
  readonly finish: (block: DataView, deviation: number, random: Random) => void
}

const layouts: Record<RandomBlockType, BlockLayout> = {
  // Codes are uniform: the deviation of 0..15 is 4.61, of 0..31 9.23, of -128..127 73.9, of 0..63 18.5.
  q4_0: { values: 32, bytes: 18, finish: (block, deviation, random) => setScale(block, 0, deviation / 4.61, random) },
  q5_0: { values: 32, bytes: 22, finish: (block, deviation, random) => setScale(block, 0, deviation / 9.23, random) },
  q8_0: { values: 32, bytes: 34, finish: (block, deviation, random) => setScale(block, 0, deviation / 73.9, random) },
  q4_k: {
    values: 256,
    bytes: 144,
    // A minimum unit of 7.5 scale units centres the codes 0..15 on zero.
    finish: (block, deviation, random) => setSuperScales(block, deviation / 4.61, 7.5, random),
  },
  q5_k: {
    values: 256,
    bytes: 176,
    finish: (block, deviation, random) => setSuperScales(block, deviation / 9.23, 15.5, random),
  },
  q6_k: {
    values: 256,
    bytes: 210,
    finish: (block, deviation, random) => {
      for (let i = 0; i < 16; i++) block.setInt8(192 + i, 64)
      setScale(block, 208, deviation / (18.5 * 64), random)
    },
  },
  f16: floats(2, (block, at, value) => block.setUint16(at, f32ToF16(value), true)),
  bf16: floats(2, (block, at, value) => block.setUint16(at, f32ToBf16(value), true)),
  f32: floats(4, (block, at, value) => block.setFloat32(at, value, true)),
}

/** Blocks in the pool that tensors are cut from: a prime, so that no two rows of a matrix are equal. */
const poolBlocks = 8191

/** An endless supply of valid blocks of one type, cut from a pool made once. */
export function randomBlocks(type: RandomBlockType, deviation: number, seed: number) {
  const { values, bytes, finish } = layouts[type]
  const random = createRandom(seed)
  const pool = new Uint8Array(poolBlocks * bytes)
  for (let i = 0; i < pool.length; i++) pool[i] = random.uint32() & 0xff
  for (let block = 0; block < poolBlocks; block++)
    finish(new DataView(pool.buffer, block * bytes, bytes), deviation, random)
  return function* (valueCount: number): Generator<Uint8Array> {
    for (let left = (valueCount / values) * bytes; left > 0; left -= pool.length)
      yield pool.subarray(0, Math.min(left, pool.length))
  }
}

/** Writes a scale that varies by a factor of 0.75 to 1.25 from block to block; answers it. */
function setScale(block: DataView, offset: number, scale: number, random: Random): number {
  const varied = scale * (0.75 + random.float() / 2)
  block.setUint16(offset, f32ToF16(varied), true)
  return varied
}

/** Scale and minimum of 256 values, whose eight 6-bit scales and minima are all 32. */
function setSuperScales(block: DataView, scale: number, minimum: number, random: Random): void {
  const unit = setScale(block, 0, scale / 32, random)
  block.setUint16(2, f32ToF16(unit * minimum), true)
  for (let i = 0; i < 12; i++) block.setUint8(4 + i, i < 8 ? 0xa0 : 0)
}

/** Uniform values, 32 to a block. */
function floats(bytes: number, write: (block: DataView, at: number, value: number) => void): BlockLayout {
  return {
    values: 32,
    bytes: 32 * bytes,
    finish: (block, deviation, random) => {
      for (let i = 0; i < 32; i++) write(block, i * bytes, (random.float() * 2 - 1) * deviation * Math.sqrt(3))
    },
  }
}
