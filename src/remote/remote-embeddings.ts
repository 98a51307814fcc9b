/** Vectors of texts from a model on another machine. */
import { OstroError } from '../util/error.ts'
import type { JsonValue } from '../util/json.ts'
import { createEndpoint, memberOf, type RemoteOptions } from './endpoint.ts'
import { usageOf } from './remote-chat.ts'

export interface RemoteEmbeddings {
  /** One vector per text, in their order, and how many tokens the server counted. */
  readonly embed: (
    texts: readonly string[],
    options?: { readonly dimensions?: number | undefined; readonly signal?: AbortSignal | undefined },
  ) => Promise<{ readonly vectors: Float32Array[]; readonly promptTokens: number }>
}

/**
 * A model behind `/v1/embeddings`.
 *
 * @throws OstroError `invalid-argument` for a malformed address; from `embed` also `network` (no or other vectors than asked for),
 * `not-found`
 */
export function remoteEmbeddings(remote: RemoteOptions): RemoteEmbeddings {
  const endpoint = createEndpoint(remote)
  return {
    embed: async (texts, { dimensions, signal } = {}) => {
      const body = { input: texts, encoding_format: 'float', ...(dimensions === undefined ? {} : { dimensions }) }
      const answer = await endpoint.post('/embeddings', body, signal)
      const vectors = vectorsOf(memberOf(answer, 'data'), texts.length)
      if (vectors === undefined) {
        const message = `remote: ${remote.baseUrl}/embeddings answered other than ${texts.length} vectors of one length.`
        throw new OstroError('network', message)
      }
      return { vectors, promptTokens: usageOf(memberOf(answer, 'usage') ?? null).promptTokens }
    },
  }
}

/** In the order of their `index`; undefined where they are not what was asked for. */
function vectorsOf(data: JsonValue | undefined, count: number): Float32Array[] | undefined {
  if (!Array.isArray(data) || data.length !== count) return undefined
  const vectors: Float32Array[] = []
  for (const [place, entry] of (data as readonly JsonValue[]).entries()) {
    const values = memberOf(entry, 'embedding')
    const index = memberOf(entry, 'index') ?? place
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'number')) return undefined
    if (typeof index !== 'number' || !(index >= 0 && index < count)) return undefined
    vectors[index] = Float32Array.from(values)
  }
  const isWhole = Array.from(vectors).every((vector) => vector !== undefined && vector.length === vectors[0]?.length)
  return vectors.length === count && isWhole ? vectors : undefined
}
