/** Vectors of texts and the tokens that they are, from a model here or one on another machine. */
import { badRequest } from './api-error.ts'
import type { ModelUse } from './request-context.ts'

export interface Embedded {
  readonly vectors: readonly Float32Array[]
  readonly promptTokens: number
}

export interface EmbedTextsOptions {
  readonly dimensions?: number | undefined
  /** Cut texts that are too long, instead of refusing them; models elsewhere decide that themselves. */
  readonly truncate?: boolean | undefined
}

/** @throws ApiError 400 for `dimensions` other than the model's own, where that cannot shorten vectors; OstroError as `Model.embed` */
export async function embedTexts(
  { id, model, options }: ModelUse,
  texts: readonly string[],
  { dimensions, truncate = false }: EmbedTextsOptions,
): Promise<Embedded> {
  const { signal } = options
  if (model.embedElsewhere !== undefined) return model.embedElsewhere(texts, { dimensions, signal })
  const { width } = model.info
  if (dimensions !== undefined && dimensions !== width) {
    throw badRequest(
      `dimensions: vectors of ${id} have ${width}; they cannot be shortened. Leave the field out.`,
      'dimensions',
      'unsupported_parameter',
    )
  }
  const vectors = await model.embed(texts, { signal, truncate })
  const counts = await Promise.all(texts.map(async (one) => (await model.tokenize(one)).length))
  return { vectors, promptTokens: counts.reduce((total, count) => total + count, 0) }
}
