/** Frequencies of rotary positions: plain, stretched linearly, by a larger base, as Llama 3, by YaRN or by LongRoPE. */
import { OstroError } from '../../util/error.ts'

export interface RopeConfig {
  readonly style: 'neox' | 'interleaved'
  /** Dimensions of a head that rotate; even, at most headDim. */
  readonly dims: number
  readonly base: number
  readonly scaling: RopeScaling
}

export type RopeScaling =
  | { readonly kind: 'none' }
  /** Positions divided by `factor` (Chen et al. 2023). */
  | { readonly kind: 'linear'; readonly factor: number }
  /** A base that grows with the context that is used, once that is longer than the original one ("dynamic NTK"). */
  | { readonly kind: 'dynamic'; readonly factor: number; readonly originalContext: number }
  /** Long wavelengths divided by `factor`, short ones kept, a ramp between (Llama 3.1). */
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContext: number
    }
  /** Peng et al. 2023. */
  | {
      readonly kind: 'yarn'
      readonly factor: number
      readonly originalContext: number
      readonly betaFast: number
      readonly betaSlow: number
      /** Whether the ramp begins and ends at whole dimensions. */
      readonly truncate: boolean
      readonly attentionFactor: number | undefined
    }
  /** One divisor per frequency; the long list serves contexts over `originalContext` (Ding et al. 2024). */
  | {
      readonly kind: 'longrope'
      readonly originalContext: number
      /** Context after stretching divided by the original one. */
      readonly factor: number
      readonly attentionFactor: number | undefined
      /** Undefined: the file has them as tensors `rope_factors_short.weight` and `rope_factors_long.weight`. */
      readonly shortFactors: readonly number[] | undefined
      readonly longFactors: readonly number[] | undefined
    }

/** Divisors that a GGUF file holds as tensors. */
export interface RopeTensors {
  /** `rope_freqs.weight`: Llama 3's scaling, already computed. */
  readonly factors?: Float32Array | undefined
  readonly shortFactors?: Float32Array | undefined
  readonly longFactors?: Float32Array | undefined
}

/** Inverse frequencies [dims / 2]: angle = position * inverseFrequencies[i]. `context` is the tokens that the caller wants to use. */
export function inverseFrequencies(rope: RopeConfig, context: number, tensors: RopeTensors = {}): Float32Array {
  const { dims, base, scaling } = rope
  const plain = Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims))
  if (tensors.factors !== undefined) return divide(plain, tensors.factors, 'rope_freqs.weight')
  switch (scaling.kind) {
    case 'none':
      return Float32Array.from(plain)
    case 'linear':
      return Float32Array.from(plain, (frequency) => frequency / scaling.factor)
    case 'dynamic': {
      const stretch = (scaling.factor * Math.max(context, scaling.originalContext)) / scaling.originalContext
      const grown = base * (stretch - (scaling.factor - 1)) ** (dims / (dims - 2))
      return Float32Array.from(plain, (_, i) => grown ** ((-2 * i) / dims))
    }
    case 'llama3':
      return Float32Array.from(plain, (frequency) => llama3Frequency(frequency, scaling))
    case 'yarn':
      return yarnFrequencies(plain, rope, scaling)
    case 'longrope': {
      const long = context > scaling.originalContext
      const factors = long
        ? (scaling.longFactors ?? tensors.longFactors)
        : (scaling.shortFactors ?? tensors.shortFactors)
      const name = long ? 'long factors of rope' : 'short factors of rope'
      return divide(plain, factors ?? [], name)
    }
  }
  return scaling satisfies never
}

/** What multiplies cosine and sine. */
export function ropeScale(rope: RopeConfig): number {
  const { scaling } = rope
  if (scaling.kind === 'yarn') {
    return scaling.attentionFactor ?? yarnAttentionFactor(scaling.factor)
  }
  if (scaling.kind === 'longrope') {
    const stretched = Math.sqrt(1 + Math.log(scaling.factor) / Math.log(scaling.originalContext))
    return scaling.attentionFactor ?? (scaling.factor <= 1 ? 1 : stretched)
  }
  return 1
}

/** Equation 15 of YaRN, with its constant 0.1 times `strength`. */
export function yarnAttentionFactor(factor: number, strength = 1): number {
  return factor <= 1 ? 1 : 0.1 * strength * Math.log(factor) + 1
}

function divide(frequencies: readonly number[], factors: ArrayLike<number>, name: string): Float32Array {
  if (factors.length !== frequencies.length) {
    const message = `${name}: expected ${frequencies.length} values, got ${factors.length}.`
    throw new OstroError('invalid-file', message, { tensor: name })
  }
  return Float32Array.from(frequencies, (frequency, i) => frequency / factors[i])
}

function llama3Frequency(frequency: number, scaling: Extract<RopeScaling, { kind: 'llama3' }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContext } = scaling
  const turns = (originalContext * frequency) / (2 * Math.PI) // rotations within the original context
  const share = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
  const kept = Math.min(1, Math.max(0, share))
  return (1 - kept) * (frequency / factor) + kept * frequency
}

function yarnFrequencies(
  plain: readonly number[],
  { dims, base }: RopeConfig,
  { factor, originalContext, betaFast, betaSlow, truncate }: Extract<RopeScaling, { kind: 'yarn' }>,
): Float32Array {
  const dimOfTurns = (turns: number) =>
    (dims * Math.log(originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(base))
  const [first, last] = [dimOfTurns(betaFast), dimOfTurns(betaSlow)]
  const low = Math.max(0, truncate ? Math.floor(first) : first)
  const high = Math.min(dims - 1, truncate ? Math.ceil(last) : last)
  return Float32Array.from(plain, (frequency, i) => {
    const stretched = Math.min(1, Math.max(0, (i - low) / Math.max(high - low, 0.001)))
    return stretched * (frequency / factor) + (1 - stretched) * frequency
  })
}
