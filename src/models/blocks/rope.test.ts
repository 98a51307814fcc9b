import { describe, expect, it } from 'vitest'
import { inverseFrequencies, ropeScale } from './rope.ts'
import type { RopeConfig, RopeScaling } from './rope.ts'

const rope = (scaling: RopeScaling): RopeConfig => ({ style: 'neox', dims: 64, base: 10_000, scaling })
const plain = inverseFrequencies(rope({ kind: 'none' }), 1)
const ratios = (scaling: RopeScaling, context = 1) =>
  Array.from(inverseFrequencies(rope(scaling), context), (value, i) => plain[i] / value)

describe('rope', () => {
  it('halves the frequency base by base', () => {
    expect(plain[0]).toBe(1)
    expect(plain).toHaveLength(32)
    expect(plain[16]).toBeCloseTo(0.01, 8) // 10,000 ** (-32 / 64)
  })

  it('stretches linearly', () => {
    for (const ratio of ratios({ kind: 'linear', factor: 8 })) expect(ratio).toBeCloseTo(8, 5)
  })

  it('keeps short wavelengths and stretches long ones, as Llama 3', () => {
    const scaling = {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 8192,
    } as const
    const stretched = ratios(scaling)
    stretched.forEach((ratio, i) => {
      const wavelength = (2 * Math.PI) / plain[i]
      if (wavelength < 8192 / 4) expect(ratio).toBeCloseTo(1, 5)
      else if (wavelength > 8192) expect(ratio).toBeCloseTo(8, 5)
      else expect(ratio > 1 && ratio < 8).toBe(true)
    })
    expect(stretched.some((ratio) => ratio > 1.01 && ratio < 7.99)).toBe(true)
  })

  it('stretches by parts, as YaRN, and sharpens attention', () => {
    const scaling = {
      kind: 'yarn',
      factor: 4,
      originalContext: 4096,
      betaFast: 32,
      betaSlow: 1,
      truncate: true,
      attentionFactor: undefined,
    } as const
    const stretched = ratios(scaling)
    // The published ramp: 32 turns within 4,096 positions at dimension 10.4, one turn at 22.5.
    for (const ratio of stretched.slice(0, 11)) expect(ratio).toBeCloseTo(1, 5)
    for (const ratio of stretched.slice(23)) expect(ratio).toBeCloseTo(4, 5)
    expect(stretched).toEqual(stretched.toSorted((a, b) => a - b))
    expect(ropeScale(rope(scaling))).toBeCloseTo(1.138629, 6) // 0.1 ln 4 + 1
  })

  it('lets the base grow with a context beyond the original one', () => {
    const scaling = { kind: 'dynamic', factor: 2, originalContext: 4096 } as const
    for (const ratio of ratios(scaling, 4096)) expect(ratio).toBeCloseTo(1, 5)
    const stretched = ratios(scaling, 8192)
    expect(stretched[0]).toBeCloseTo(1, 5)
    expect(stretched[31]).toBeCloseTo(3, 4) // the longest wavelength: 2 * 8192 / 4096 - (2 - 1) times
  })

  it('chooses the divisors of LongRoPE by the context that is wanted', () => {
    const scaling = {
      kind: 'longrope',
      originalContext: 4096,
      factor: 32,
      attentionFactor: undefined,
      shortFactors: plain.map(() => 1.5) as unknown as number[],
      longFactors: Array.from(plain, (_, i) => 2 + i),
    } as const
    for (const ratio of ratios(scaling, 4096)) expect(ratio).toBeCloseTo(1.5, 5)
    ratios(scaling, 4097).forEach((ratio, i) => expect(ratio).toBeCloseTo(2 + i, 3))
    expect(ropeScale(rope(scaling))).toBeCloseTo(1.190238, 6) // sqrt(1 + ln 32 / ln 4096), as Phi-3-mini-128k has it
  })

  it('takes divisors from the tensors of a GGUF file', () => {
    const factors = Float32Array.from(plain, () => 3)
    const values = inverseFrequencies(rope({ kind: 'none' }), 1, { factors })
    expect(values[0]).toBeCloseTo(1 / 3, 6)
    expect(() => inverseFrequencies(rope({ kind: 'none' }), 1, { factors: factors.subarray(1) })).toThrow(
      expect.objectContaining({ code: 'invalid-file', message: expect.stringContaining('rope_freqs.weight') }),
    )
  })
})
