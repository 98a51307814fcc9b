/** Rotary position embedding (Su et al. 2021): rotates pairs of each head's first dimensions by position times frequency. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { describeTensor, describeTensors, expectInteger, expectType, lastDim, refuse, takeInputs } from '../shape.ts'

export interface RopeAttributes {
  readonly headDim: number
  /** Pairs are (i, i + rotaryDims / 2) for `neox`, (2i, 2i + 1) for `interleaved`. */
  readonly style: 'neox' | 'interleaved'
  /** Multiplies cosine and sine; 1 except where the context was stretched (YaRN, LongRoPE). */
  readonly scale: number
}

export const ropeOp: OpDefinition<RopeAttributes> = {
  name: 'rope',
  infer(inputs, { headDim, style }) {
    const [x, positions, inverseFrequencies] = takeInputs('rope', inputs, 3)
    expectInteger('rope', 'headDim', headDim, 2)
    expectType('rope', positions, 'i32')
    if (style !== 'neox' && style !== 'interleaved') refuse('rope', `style 'neox' or 'interleaved'`, String(style))
    if (lastDim('rope', x) % headDim !== 0) refuse('rope', `x [T, heads * ${headDim}]`, describeTensor(x))
    if (x.shape.length !== 2 || positions.shape.length !== 1 || x.shape[0] !== positions.shape[0]) {
      refuse('rope', 'x [T, heads * headDim] and positions [T]', describeTensors(inputs))
    }
    if (inverseFrequencies.shape.length !== 1 || 2 * lastDim('rope', inverseFrequencies) > headDim) {
      refuse('rope', `at most ${headDim / 2} inverse frequencies`, describeTensor(inverseFrequencies))
    }
    return { shape: x.shape, type: 'f32' }
  },
  reference({ attributes: { headDim, style, scale }, inputs: [x, positions, inverseFrequencies], output }) {
    const [T, width] = x.shape
    const pairs = inverseFrequencies.data.length
    output.data.set(x.data)
    for (let t = 0; t < T; t++) {
      for (let head = t * width; head < (t + 1) * width; head += headDim) {
        for (let i = 0; i < pairs; i++) {
          const angle = positions.data[t] * inverseFrequencies.data[i]
          const cosine = Math.cos(angle) * scale
          const sine = Math.sin(angle) * scale
          const first = head + (style === 'neox' ? i : 2 * i)
          const second = style === 'neox' ? first + pairs : first + 1
          output.data[first] = x.data[first] * cosine - x.data[second] * sine
          output.data[second] = x.data[first] * sine + x.data[second] * cosine
        }
      }
    }
  },
}

/** Rotates x [T, heads * headDim] by positions [T]; `inverseFrequencies` [rotaryDims / 2], later dimensions pass through. */
export function rope(
  g: Graph,
  x: Tensor,
  inverseFrequencies: Tensor,
  attributes: RopeAttributes,
  label?: string,
): Tensor {
  return g.apply(ropeOp, [x, g.input('positions'), inverseFrequencies], attributes, label)
}
