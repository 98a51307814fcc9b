/** `/v1/completions` as a stream of tokens with their log-probabilities. */
import { streamJson } from './event-stream.ts'
import { type Usage, type WireUsage, usageOf } from './stream-chat.ts'

export interface CompletionRequest {
  readonly model: string
  readonly prompt: string
  readonly max_tokens: number
  readonly temperature?: number
  readonly top_p?: number
  readonly seed?: number
  /** How many alternatives to report for each token, 0 to 5. */
  readonly logprobs: number
}

export interface CandidateToken {
  readonly text: string
  /** Natural logarithm of the probability. */
  readonly logprob: number
}

/** One token of the continuation, or a stretch of text where the server gives no log-probabilities. */
export interface ContinuedToken {
  readonly text: string
  readonly logprob: number | undefined
  /** The most probable tokens in its place, best first. */
  readonly top: readonly CandidateToken[]
}

export type CompletionEvent =
  | { readonly type: 'tokens'; readonly tokens: readonly ContinuedToken[] }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'end'; readonly reason: string }

interface CompletionChunk {
  readonly choices: readonly {
    readonly text?: string
    readonly finish_reason?: string | null
    readonly logprobs?: {
      readonly tokens: readonly string[]
      readonly token_logprobs: readonly (number | null)[]
      readonly top_logprobs?: readonly (Readonly<Record<string, number>> | null)[] | null
    } | null
  }[]
  readonly usage?: WireUsage | null
}

/** @throws {ApiError} */
export async function* streamCompletion(
  completion: CompletionRequest,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent> {
  const body = { ...completion, stream: true, stream_options: { include_usage: true } }
  for await (const chunk of streamJson<CompletionChunk>('/v1/completions', body, signal))
    yield* completionEventsOf(chunk)
}

/** Exported for tests. */
export function* completionEventsOf(chunk: CompletionChunk): Generator<CompletionEvent> {
  const choice = chunk.choices[0]
  if (choice?.text || choice?.logprobs?.tokens.length) yield { type: 'tokens', tokens: tokensOf(choice) }
  if (choice?.finish_reason) yield { type: 'end', reason: choice.finish_reason }
  if (chunk.usage) yield { type: 'usage', usage: usageOf(chunk.usage) }
}

function tokensOf({ text = '', logprobs }: CompletionChunk['choices'][number]): readonly ContinuedToken[] {
  if (!logprobs || logprobs.tokens.length === 0) return [{ text, logprob: undefined, top: [] }]
  const tokens = logprobs.tokens.map((token, i) => ({
    text: token,
    logprob: logprobs.token_logprobs[i] ?? undefined,
    top: Object.entries(logprobs.top_logprobs?.[i] ?? {})
      .map(([candidate, logprob]) => ({ text: candidate, logprob }))
      .sort((a, b) => b.logprob - a.logprob),
  }))
  // A character may span tokens, and a stop string may be cut: the text is what counts, the tokens only explain it.
  if (tokens.map((token) => token.text).join('') === text) return tokens
  return text === '' ? [] : tokens.slice(0, 1).map((token) => ({ ...token, text }))
}
