/** `/v1/models` and `/tokenize`: what the server has, and how it cuts a text. */
import { request } from './request.ts'

export interface ModelEntry {
  readonly id: string
  readonly isDefault: boolean
  /** In memory already: the first answer comes at once. */
  readonly loaded: boolean
  readonly sizeBytes: number | undefined
  /** Tokens that fit into its context; undefined where the server does not say. */
  readonly contextTokens: number | undefined
  /** False for a base model, which only continues text. */
  readonly chats: boolean
}

/** @throws {ApiError} */
export async function listModels(signal?: AbortSignal): Promise<readonly ModelEntry[]> {
  const response = await request('/v1/models', undefined, signal)
  const { data } = (await response.json()) as { data: readonly WireModel[] }
  return data.map(modelEntry)
}

/** Number of tokens of a text. @throws {ApiError} */
export async function countTokens(model: string, text: string, signal: AbortSignal): Promise<number> {
  const response = await request('/tokenize', { model, content: text }, signal)
  const { count } = (await response.json()) as { count: number }
  return count
}

interface WireModel {
  readonly id: string
  readonly default?: boolean
  readonly loaded?: boolean
  readonly size_bytes?: number
  /** `chat` or `base`. */
  readonly kind?: string | null
  readonly context_length?: number | null
}

function modelEntry({ id, default: isDefault, loaded, size_bytes, kind, context_length }: WireModel): ModelEntry {
  return {
    id,
    isDefault: isDefault ?? false,
    loaded: loaded ?? false,
    sizeBytes: size_bytes,
    contextTokens: context_length ?? undefined,
    chats: kind === undefined || kind === null ? !/\bbase\b/i.test(id) : kind === 'chat',
  }
}
