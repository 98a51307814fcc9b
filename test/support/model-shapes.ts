/** The shapes of public models that speed is measured on, as their configurations state them. */

export interface ModelShape {
  readonly architecture: 'llama' | 'qwen3'
  readonly layers: number
  readonly width: number // D
  readonly feedForward: number // F
  readonly heads: number // H
  readonly keyValueHeads: number // K
  readonly headWidth: number
  readonly vocabulary: number // V
  readonly contextTokens: number
  readonly ropeBase: number
  readonly normEpsilon: number
  /** RMS norms on the heads of queries and keys. */
  readonly headNorms: boolean
  /** A mixture of E experts in every layer, each token sent to k of them; absent: dense. */
  readonly experts?: { readonly count: number; readonly perToken: number }
  /** Name of the pre-tokenizer in GGUF files. */
  readonly preTokenizer: string
}

export const modelShapes = {
  'smollm2-135m': {
    architecture: 'llama',
    layers: 30,
    width: 576,
    feedForward: 1536,
    heads: 9,
    keyValueHeads: 3,
    headWidth: 64,
    vocabulary: 49_152,
    contextTokens: 8192,
    ropeBase: 100_000,
    normEpsilon: 1e-5,
    headNorms: false,
    preTokenizer: 'smollm',
  },
  'qwen3-0.6b': {
    architecture: 'qwen3',
    layers: 28,
    width: 1024,
    feedForward: 3072,
    heads: 16,
    keyValueHeads: 8,
    headWidth: 128,
    vocabulary: 151_936,
    contextTokens: 40_960,
    ropeBase: 1_000_000,
    normEpsilon: 1e-6,
    headNorms: true,
    preTokenizer: 'qwen2',
  },
  'llama-1b': {
    architecture: 'llama',
    layers: 16,
    width: 2048,
    feedForward: 8192,
    heads: 32,
    keyValueHeads: 8,
    headWidth: 64,
    vocabulary: 128_256,
    contextTokens: 131_072,
    ropeBase: 500_000,
    normEpsilon: 1e-5,
    headNorms: false,
    preTokenizer: 'llama-bpe',
  },
  /** Mixtral 8x7B at a quarter of its width and an eighth of its depth. */
  'mixtral-8x0.1b': {
    architecture: 'llama',
    layers: 4,
    width: 1024,
    feedForward: 3584,
    heads: 8,
    keyValueHeads: 2,
    headWidth: 128,
    vocabulary: 32_000,
    contextTokens: 32_768,
    ropeBase: 1_000_000,
    normEpsilon: 1e-5,
    headNorms: false,
    experts: { count: 8, perToken: 2 },
    preTokenizer: 'llama-bpe',
  },
} as const satisfies Record<string, ModelShape>

export type ModelShapeName = keyof typeof modelShapes
