/** The error table: what each encoder loses on seeded data. `bench/quant-rmse.ts` prints the same beside ggml's figures. */
import { describe, expect, test } from 'vitest'
import { relativeRmse, rmseSamples } from '../../test/support/rmse-data.ts'
import type { BlockTypeName } from './block-type.ts'
import { blockTypeOf } from './index.ts'

/** Upper limits of the relative RMS error, 1 to 3 % above what the encoders reach. */
const limits: readonly (readonly [BlockTypeName, Readonly<Record<string, number>>])[] = [
  ['f16', { normal: 0.00022, weights: 0.00022, laplace: 0.00022, shifted: 0.00022 }],
  ['bf16', { normal: 0.0017, weights: 0.0017, laplace: 0.0017, shifted: 0.0017 }],
  ['q8_0', { normal: 0.0055, weights: 0.007, laplace: 0.0069, shifted: 0.0046 }],
  ['q4_0', { normal: 0.0875, weights: 0.11, laplace: 0.109, shifted: 0.0725 }],
  ['q4_1', { normal: 0.0795, weights: 0.088, laplace: 0.0935, shifted: 0.0442 }],
  ['q5_0', { normal: 0.0435, weights: 0.055, laplace: 0.0545, shifted: 0.0362 }],
  ['q5_1', { normal: 0.0386, weights: 0.0427, laplace: 0.0453, shifted: 0.0214 }],
  ['iq4_nl', { normal: 0.0745, weights: 0.0875, laplace: 0.0865, shifted: 0.067 }],
  ['q2_k', { normal: 0.267, weights: 0.279, laplace: 0.296, shifted: 0.158 }],
  ['q3_k', { normal: 0.146, weights: 0.167, laplace: 0.171, shifted: 0.1175 }],
  ['q4_k', { normal: 0.0712, weights: 0.0793, laplace: 0.0843, shifted: 0.0398 }],
  ['q5_k', { normal: 0.0351, weights: 0.0391, laplace: 0.0416, shifted: 0.0194 }],
  ['q6_k', { normal: 0.0176, weights: 0.0211, laplace: 0.0216, shifted: 0.0149 }],
]

const samples = rmseSamples(256 * 64, 1)

describe.each(limits)('%s', (name, limitOf) => {
  test.each(samples)('$name', ({ name: sample, values }) => {
    const type = blockTypeOf(name)
    const bytes = new Uint8Array((values.length / type.blockLength) * type.blockBytes)
    type.encode?.(values, bytes)
    const decoded = new Float32Array(values.length)
    type.decode(bytes, decoded)
    expect(relativeRmse(decoded, values)).toBeLessThan(limitOf[sample])
  })
})
