/// <reference lib="esnext.disposable" preserve="true" />
/** A loaded model: the object that users hold. It lives in its own worker; this side only asks. */
import { commonPrefix } from '../generate/stepper.ts'
import type {
  ChatEvent,
  ChatMessage,
  ChatModel,
  ChatOptions,
  EndEvent,
  TapEvent,
  TextDeltaEvent,
} from '../tools/chat-model.ts'
import { type LoopEvent, type LoopOptions, runToolLoop } from '../tools/loop.ts'
import type { Abilities, LanguageModel } from '../tools/language-model.ts'
import type { ContinuationScore } from '../tools/scoring-model.ts'
import { definitionsOf, isRunnable, type Tool } from '../tools/tool.ts'
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'
import type { ModelInfo, PlanStep, StepProfile } from './model-info.ts'
import type { LogitRows, Prompt, RankedDocument, SendableOptions } from './protocol.ts'
import type { EngineClient } from './rpc-client.ts'
import type { TranslateOptions, Translation } from './translation.ts'

export interface Completion extends Omit<EndEvent, 'type'> {
  readonly text: string
  /** One entry per token, when `logprobs` was asked for. */
  readonly logprobs: NonNullable<TextDeltaEvent['logprobs']> | undefined
  /** What was seen of the steps that `tap` named, in order. */
  readonly taps?: readonly TapEvent[] | undefined
}

export interface TokenizeOptions {
  /** Add BOS and EOS where the model wants them. Default true. */
  readonly addSpecial?: boolean
  /** Read texts such as `<|im_end|>` as control tokens. Default false. */
  readonly parseSpecial?: boolean
}

export interface EmbedOptions {
  /** Cut the end of a text that is too long, instead of refusing it. Default false. */
  readonly truncate?: boolean | undefined
  /** Scale vectors to length 1. Default: as the model's files say; true where they say nothing. */
  readonly normalize?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RerankOptions {
  /** Give the best so many. Default all. */
  readonly topN?: number | undefined
  /** Cut the end of a pair's longer text where the pair is too long, instead of refusing it. Default false. */
  readonly truncate?: boolean | undefined
  /** `cross-encoder` (default) reads query and document together; `embedding` compares their vectors. */
  readonly method?: 'cross-encoder' | 'embedding' | undefined
  readonly signal?: AbortSignal | undefined
}

export class Model implements LanguageModel, AsyncDisposable {
  readonly info: ModelInfo
  readonly #client: EngineClient

  /** Use `load`. */
  constructor(client: EngineClient, info: ModelInfo) {
    this.#client = client
    this.info = info
  }

  get id(): string {
    return this.info.name
  }

  get contextTokens(): number {
    return this.info.contextTokens
  }

  /** Answers at once. */
  get slots(): number {
    return this.info.slots
  }

  get can(): Abilities {
    const { kind } = this.info
    const generates = kind === 'chat' || kind === 'base'
    return { chat: kind === 'chat', score: generates, format: generates }
  }

  /**
   * Streams one answer to a conversation through the model's own chat template. A conversation that continues an earlier one
   * is read only from where it differs (`usage.cachedTokens`). Leaving the loop stops the model.
   *
   * With tools made by `tool()` the model's calls run and their results go back to it until it answers; with other tools the calls are
   * the caller's to run.
   *
   * @throws OstroError `not-a-chat-model` for a base model, `context-overflow` when the conversation does not fit,
   * `template` when the template refuses it, `invalid-argument` for an option out of range.
   * @example
   * for await (const event of model.chat([{ role: 'user', content: 'Why is the sky blue?' }])) {
   *   if (event.type === 'text-delta') process.stdout.write(event.text)
   * }
   */
  chat(messages: readonly ChatMessage[], options: LoopOptions & { tools: readonly Tool[] }): AsyncIterable<LoopEvent>
  chat(messages: readonly ChatMessage[], options?: ChatOptions): AsyncIterable<ChatEvent>
  chat(
    messages: readonly ChatMessage[],
    options: ChatOptions | LoopOptions = {},
  ): AsyncIterable<LoopEvent | ChatEvent> {
    const { tools } = options
    if (tools?.some(isRunnable) === true) {
      const turns: ChatModel = { chat: (asked, turn = {}) => this.#generate({ kind: 'chat', messages: asked }, turn) }
      return runToolLoop(turns, messages, { ...options, tools })
    }
    return this.#generate({ kind: 'chat', messages }, options)
  }

  /**
   * Streams the continuation of a text (or of token ids), without any template.
   * @throws OstroError `context-overflow`, `invalid-argument`
   */
  stream(prompt: string | readonly number[], options: GenerateOptions = {}): AsyncIterable<ChatEvent> {
    return this.#generate(asPrompt(prompt), options)
  }

  /**
   * The continuation of a text (or of token ids) as one value.
   * @throws OstroError as `stream`, and `aborted` when the signal fires; its field `text` holds what was generated till then.
   * @example
   * const { text } = await model.complete('The capital of France is', { maxTokens: 8, temperature: 0 })
   */
  complete(prompt: string | readonly number[], options: GenerateOptions = {}): Promise<Completion> {
    return collect(this.stream(prompt, options))
  }

  /**
   * The text that belongs between `before` and `after`, for models trained to fill in the middle (`info.infill`).
   * @throws OstroError `unsupported` where the model has no tokens for it; otherwise as `complete`.
   */
  infill(before: string, after: string, options: GenerateOptions = {}): Promise<Completion> {
    return collect(this.#generate({ kind: 'infill', before, after }, options))
  }

  /**
   * One vector of length `info.width` per text, of an encoder as its files say: the mean of its tokens' states or the first one's, scaled
   * to length 1 unless they leave that out. Of a decoder it is the mean of the final hidden states, scaled to length 1; that is no
   * trained sentence encoder: for retrieval take one that is, such as `minilm:l6`.
   *
   * @throws OstroError `context-overflow` with `index`, `textTokens` and `contextTokens` for a text that is too long, unless `truncate`
   * @example
   * const encoder = await load('minilm:l6')
   * const [cat, dog] = await encoder.embed(['Why do cats purr?', 'What makes dogs bark?'])
   */
  embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    const { truncate = false, normalize } = options
    return this.#client.call('embed', { texts, settings: { truncate, normalize } }, options)
  }

  /**
   * Documents by falling relevance for a query, scored in pairs by a cross-encoder's head: probabilities from 0 to 1. A model
   * without such a head ranks only with `method: 'embedding'`, by the cosine of vectors from -1 to 1.
   *
   * @throws OstroError `unsupported` where the model cannot do it in that way, `context-overflow` for a pair that is too long, unless
   * `truncate`
   */
  async rerank(
    query: string,
    documents: readonly string[],
    options: RerankOptions = {},
  ): Promise<readonly RankedDocument[]> {
    const { truncate = false, method = 'cross-encoder', topN = Infinity } = options
    if (!(topN >= 1)) throw new OstroError('invalid-argument', `rerank: topN of at least 1 expected, got ${topN}.`)
    const ranked = await this.#client.call('rerank', { query, documents, settings: { truncate, method } }, options)
    return ranked.slice(0, topN)
  }

  /**
   * The translation of a text by an encoder-decoder, found by beam search. Such models are trained on sentences and short paragraphs;
   * split longer texts.
   *
   * @throws OstroError `unsupported` for other models, `invalid-argument` for languages that it does not have, `context-overflow` for a
   * text that is too long, `aborted`
   * @example
   * const translator = await load('./nllb-200-distilled-600M')
   * const { text } = await translator.translate('The sky is blue.', { from: 'eng_Latn', to: 'fra_Latn' })
   */
  translate(text: string, options: TranslateOptions = {}): Promise<Translation> {
    const { signal: _, ...request } = options
    return this.#client.call('translate', { text, request }, options)
  }

  /** Token ids of a text. */
  tokenize(text: string, options: TokenizeOptions = {}): Promise<number[]> {
    const { addSpecial = true, parseSpecial = false } = options
    return this.#client.call('tokenize', { text, addSpecial, parseSpecial })
  }

  /** Text of token ids; control tokens are left out unless `special`. */
  detokenize(tokens: readonly number[], options: { readonly special?: boolean } = {}): Promise<string> {
    return this.#client.call('detokenize', { tokens, special: options.special ?? false })
  }

  /** The text that `chat` would give the model, control tokens included. */
  render(messages: readonly ChatMessage[], options: ChatOptions = {}): Promise<string> {
    return this.#client.call('render', { messages, options: sendable(options) })
  }

  /** Next-token logits after the last token, or after `all` of them: [rows, vocabularySize]. */
  logits(
    tokens: readonly number[],
    options: { readonly rows?: 'last' | 'all'; readonly signal?: AbortSignal } = {},
  ): Promise<LogitRows> {
    return this.#client.call('logits', { tokens, rows: options.rows ?? 'last' }, options)
  }

  /**
   * Log-probability of each token given those before it: value i is that of `tokens[from + i + 1]`. Perplexity is exp of minus
   * their mean. With `from` (default 0) the first tokens are context only, which is faster.
   */
  score(
    tokens: readonly number[],
    options: { readonly from?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Float64Array> {
    return this.#client.call('score', { tokens, from: options.from ?? 0 }, options)
  }

  /** See `ScoringModel`. */
  async scoreContinuations(
    prompt: string | readonly ChatMessage[],
    continuations: readonly string[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ContinuationScore[]> {
    const isText = typeof prompt === 'string'
    const text = isText ? prompt : await this.render(prompt)
    const options = { addSpecial: isText, parseSpecial: !isText }
    const context = await this.tokenize(text, options)
    return Promise.all(
      continuations.map(async (continuation) => {
        const tokens = await this.tokenize(text + continuation, options)
        // The border may fall into a token that belongs to both: it is then scored with the continuation.
        const from = Math.min(commonPrefix(context, tokens), tokens.length - 1) - 1
        if (continuation === '' || from < 0) {
          const message = `scoreContinuations: a text after a prompt expected, got ${JSON.stringify(continuation)}.`
          throw new OstroError('invalid-argument', message, { continuation })
        }
        const scores = await this.score(tokens, { from, ...(signal && { signal }) })
        return { logprob: scores.reduce((sum, score) => sum + score, 0), tokens: scores.length }
      }),
    )
  }

  /** Tokens of a text or of a conversation in the model's template, as a prompt of theirs has. */
  async countTokens(
    prompt: string | readonly ChatMessage[],
    { tools = [], format }: Pick<ChatOptions, 'tools' | 'format'> = {},
  ): Promise<number> {
    if (typeof prompt === 'string') return (await this.tokenize(prompt)).length
    const text = await this.render(prompt, { ...(tools.length > 0 && { tools }), ...(format && { format }) })
    return (await this.tokenize(text, { addSpecial: false, parseSpecial: true })).length
  }

  /** Names of everything that the option `tap` can look at, in order of evaluation. */
  tapPoints(): Promise<string[]> {
    return this.#client.call('tapPoints', {})
  }

  /** The steps that one run of the model takes, in order. */
  plan(): Promise<PlanStep[]> {
    return this.#client.call('plan', {})
  }

  /** Time per op over `runs` runs of `tokens` tokens. @throws OstroError `unsupported` where the device can't tell. */
  profile(tokens: number, runs: number): Promise<StepProfile[]> {
    return this.#client.call('profile', { tokens, runs })
  }

  /** Frees the memory and ends the worker; calls that are under way fail with `disposed`. */
  async dispose(): Promise<void> {
    await this.#client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose()
  }

  #generate(prompt: Prompt, options: ChatOptions): AsyncIterable<ChatEvent> {
    return this.#client.stream('generate', { prompt, options: sendable(options) }, options.signal)
  }
}

function asPrompt(prompt: string | readonly number[]): Prompt {
  return typeof prompt === 'string' ? { kind: 'text', text: prompt } : { kind: 'tokens', tokens: prompt }
}

function sendable(options: ChatOptions): SendableOptions {
  const { signal: _, tools, ...others } = options
  return tools === undefined ? others : { ...others, tools: definitionsOf(tools) }
}

async function collect(events: AsyncIterable<ChatEvent>): Promise<Completion> {
  let text = ''
  let logprobs: Completion['logprobs']
  let taps: TapEvent[] | undefined
  for await (const event of events) {
    if (event.type === 'text-delta') {
      text += event.text
      if (event.logprobs !== undefined) logprobs = [...(logprobs ?? []), ...event.logprobs]
    } else if (event.type === 'tap') (taps ??= []).push(event)
    else if (event.type === 'end') {
      if (event.reason === 'aborted') {
        throw new OstroError('aborted', `complete: the signal fired after ${event.usage.generatedTokens} tokens.`, {
          text,
          generatedTokens: event.usage.generatedTokens,
        })
      }
      const { type: _, ...end } = event
      return { text, logprobs, taps, ...end }
    }
  }
  throw new OstroError('device', 'complete: the engine ended the stream without an end event. Load the model again.')
}
