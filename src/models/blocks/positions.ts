/** Tables of fixed sinusoidal positions: sines in the first half of the dimensions, cosines in the second. */
import type { WeightSource } from '../../tensor/device.ts'
import { derivedSource } from '../../tensor/weight-source.ts'

export interface Sinusoids {
  readonly positions: number
  readonly width: number
  /** Added to every position: fairseq counts from the id of its padding token plus 1. */
  readonly offset: number
  /**
   * Frequency i of n is 10000^(-i / (n - 1)) in `fairseq`, as in tensor2tensor, and 10000^(-2i / width) in `vaswani`, as in
   * "Attention is all you need" (arXiv:1706.03762, section 3.5).
   */
  readonly spacing: 'fairseq' | 'vaswani'
}

/** Row p [width] is that of position p + offset; gives [positions, width]. */
export function sinusoidSource(name: string, sinusoids: Sinusoids): WeightSource {
  const { positions, width } = sinusoids
  return derivedSource(name, [positions, width], async () => sinusoidTable(sinusoids))
}

export function sinusoidTable({ positions, width, offset, spacing }: Sinusoids): Float32Array {
  const sines = spacing === 'fairseq' ? Math.floor(width / 2) : Math.ceil(width / 2)
  const angleOf = spacing === 'fairseq' ? fairseqAngles(sines) : vaswaniAngles(width)
  const table = new Float32Array(positions * width)
  for (let position = 0; position < positions; position++) {
    const row = position * width
    for (let i = 0; i < sines; i++) {
      const angle = angleOf(position + offset, i)
      table[row + i] = Math.sin(angle)
      // An odd width has a sine more than cosines (vaswani) or a zero at its end (fairseq).
      if (sines + i < width) table[row + sines + i] = Math.cos(angle)
    }
  }
  return table
}

/** In f32, step by step, as the tables of such checkpoints were made; at large positions that is visible. */
function fairseqAngles(count: number): (position: number, index: number) => number {
  const step = Math.fround(-Math.log(10_000) / (count - 1))
  const frequencies = Float32Array.from({ length: count }, (_, i) => Math.exp(Math.fround(i * step)))
  return (position, index) => Math.fround(position * frequencies[index])
}

function vaswaniAngles(width: number): (position: number, index: number) => number {
  return (position, index) => position / 10_000 ** ((2 * index) / width)
}
