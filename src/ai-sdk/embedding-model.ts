/** A loaded model as the AI SDK's embedding model. */
import { OstroError } from '../util/error.ts'
import type { ServedModel } from './served-model.ts'

/** One call; the AI SDK splits longer lists. A limit keeps an abort within reach. */
const valuesPerCall = 256

interface EmbedOptions {
  readonly values: readonly string[]
  /** Version 4 only. */
  readonly dimensions?: number
  readonly abortSignal?: AbortSignal
}

export interface EmbeddingModel<Version extends 'v3' | 'v4'> {
  readonly specificationVersion: Version
  readonly provider: 'ostro'
  readonly modelId: string
  readonly maxEmbeddingsPerCall: number
  readonly supportsParallelCalls: boolean
  doEmbed(call: EmbedOptions): Promise<{
    embeddings: number[][]
    usage: { tokens: number }
    warnings: never[]
  }>
}

export function createEmbeddingModel<Version extends 'v3' | 'v4'>(
  model: ServedModel,
  modelId: string,
  specificationVersion: Version,
): EmbeddingModel<Version> {
  return {
    specificationVersion,
    provider: 'ostro',
    modelId,
    maxEmbeddingsPerCall: valuesPerCall,
    supportsParallelCalls: false,
    doEmbed: async (call) => {
      if (call.dimensions !== undefined) {
        throw new OstroError(
          'unsupported',
          `AI SDK: vectors of ${call.dimensions} dimensions were asked for, and this model's have their own width. Leave dimensions out.`,
          { option: 'dimensions' },
        )
      }
      call.abortSignal?.throwIfAborted()
      const vectors = await model.embed(call.values, call.abortSignal ? { signal: call.abortSignal } : {})
      const counts = await Promise.all(call.values.map(async (text) => (await model.tokenize(text)).length))
      return {
        embeddings: vectors.map((vector) => Array.from(vector)),
        usage: { tokens: counts.reduce((sum, count) => sum + count, 0) },
        warnings: [],
      }
    },
  }
}
