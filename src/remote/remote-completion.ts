/** Continuations of a text from a model on another machine; a format is kept here, whatever its server knows of formats. */
import { compileFormat } from '../constrain/index.ts'
import type { ChatEvent } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, GenerateOptions, OutputFormat, Usage } from '../util/generation.ts'
import { createEndpoint, type Endpoint, firstOf, memberOf, type RemoteOptions } from './endpoint.ts'
import { holdCompletion } from './held-completion.ts'
import { usageOf } from './remote-chat.ts'
import { samplingBody } from './sampling-body.ts'
import { textSource } from './text-source.ts'

const defaultMaxTokens = 1024

/** What of `Model` streams the continuation of a text or of the token ids of that server's model. */
export interface RemoteCompletion {
  readonly stream: (prompt: string | readonly number[], options?: GenerateOptions) => AsyncIterable<ChatEvent>
}

/**
 * A model behind `/v1/completions`.
 *
 * @throws OstroError `invalid-argument` for a malformed address; from its stream also `network`, `not-found`, `unsupported`
 * @example
 * const model = remoteCompletion({ baseUrl: 'http://127.0.0.1:8000/v1', model: 'qwen-72b' })
 * for await (const event of model.stream('The capital of France is', { maxTokens: 8 })) console.log(event)
 */
export function remoteCompletion(remote: RemoteOptions): RemoteCompletion {
  const endpoint = createEndpoint(remote)
  return {
    async *stream(prompt, { format, ...options } = {}) {
      const started = performance.now()
      let firstAt: number | undefined
      let end: AnswerEnd = { reason: 'length', usage: { promptTokens: 0, cachedTokens: 0, generatedTokens: 0 } }
      const pieces =
        format === undefined ? freePieces(endpoint, prompt, options) : heldPieces(endpoint, prompt, format, options)
      for await (const piece of pieces) {
        if (typeof piece !== 'string') {
          end = piece
          continue
        }
        firstAt ??= performance.now()
        yield { type: 'text-delta', text: piece }
      }
      const now = performance.now()
      const prefillMs = (firstAt ?? now) - started
      const timings = { waitMs: 0, prefillMs, decodeMs: now - started - prefillMs }
      yield { type: 'end', ...end, timings, seed: options.seed ?? 0 }
    },
  }
}

interface AnswerEnd {
  readonly reason: EndReason
  readonly usage: Usage
}

/** Texts, and at last the end as the server tells it. */
async function* freePieces(
  endpoint: Endpoint,
  prompt: string | readonly number[],
  options: GenerateOptions,
): AsyncGenerator<string | AnswerEnd> {
  let reason: EndReason = 'length'
  let usage: Usage = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0 }
  const body = { ...samplingBody(options), prompt, stream_options: { include_usage: true } }
  for await (const chunk of endpoint.stream('/completions', body, options.signal)) {
    const used = memberOf(chunk, 'usage')
    if (used !== undefined && used !== null) usage = usageOf(used)
    const choice = firstOf(memberOf(chunk, 'choices'))
    const text = memberOf(choice, 'text')
    if (typeof text === 'string' && text !== '') yield text
    const finish = memberOf(choice, 'finish_reason')
    if (typeof finish === 'string') reason = finish === 'length' ? 'length' : 'stop'
  }
  yield { reason, usage }
}

async function* heldPieces(
  endpoint: Endpoint,
  prompt: string | readonly number[],
  format: OutputFormat,
  options: GenerateOptions,
): AsyncGenerator<string | AnswerEnd> {
  if (typeof prompt !== 'string') {
    throw new OstroError(
      'unsupported',
      'remote: a format is kept behind a prompt of text, not of token ids. Send text.',
    )
  }
  if (options.stop !== undefined && options.stop.length > 0) {
    throw new OstroError('unsupported', 'remote: stop strings are not kept beside a format. Leave one of them out.')
  }
  const { signal, maxTokens = defaultMaxTokens } = options
  const source = textSource(endpoint, options)
  const { start } = compileFormat(format)
  for await (const piece of holdCompletion({ source, prompt, start, opening: '', maxTokens, signal })) {
    if (piece.type === 'bytes') yield new TextDecoder().decode(piece.bytes)
    else {
      const usage = { promptTokens: 0, cachedTokens: 0, generatedTokens: piece.usedTokens }
      yield { reason: piece.complete ? 'stop' : 'length', usage }
    }
  }
}
