/** What the worker does for each method: the one place where files, devices, models, text and generation meet. */
import type { TokenMatcher } from '../constrain/index.ts'
import type { TextStream, TokenEvent } from '../generate/answer.ts'
import { generate, type GenerateEvent } from '../generate/generate.ts'
import type { TapRecord } from '../models/taps/index.ts'
import type { ChatEvent, EndEvent, TextDeltaEvent } from '../tools/chat-model.ts'
import { openModel } from '../models/index.ts'
import { OstroError } from '../util/error.ts'
import type { OutputFormat } from '../util/generation.ts'
import { type EncoderRuntime, startEncoder } from './encoder-runtime.ts'
import type { StartContext } from './loaded-model.ts'
import type { ModelFile } from './model-file.ts'
import type { ResolvedLoadOptions } from './model-info.ts'
import { describePlan } from './plan-steps.ts'
import type { ChatTurn } from './chat-turn.ts'
import { readHeldAnswer } from './held-answer.ts'
import { promptTokens } from './prompt.ts'
import type { Prompt, SendableOptions, SendableSource } from './protocol.ts'
import { type CallContext, type EngineHandlers } from './rpc-server.ts'
import { type Runtime, startRuntime } from './runtime.ts'
import { embedTexts, rankDocuments } from './sentences.ts'
import { startTranslator, type TranslatorRuntime } from './translator-runtime.ts'
import type { Sequence, SequenceRequest } from './sequences.ts'
import type { Compiler, HelperThread } from '../devices/wasm/index.ts'
import { logitsOf, scoreTokens } from './whole-runs.ts'

export interface OpenSourceContext {
  readonly signal: AbortSignal
  readonly acceptLicence: boolean
  readonly onDownload: (doneBytes: number, totalBytes: number) => void
}

/** What differs between Node and a page. */
export interface EnginePlatform {
  /** From disk and hub in Node, from URL and Blob in a page. */
  readonly openSource: (source: SendableSource, context: OpenSourceContext) => Promise<ModelFile>
  readonly startHelperThread: () => HelperThread
  /** Ways of compiling WebAssembly besides the engine's own. */
  readonly compilers: readonly Compiler[]
}

export function createEngineHandlers(platform: EnginePlatform): EngineHandlers {
  let loaded: AnyRuntime | undefined
  const model = (): AnyRuntime => {
    if (loaded !== undefined) return loaded
    throw new OstroError('device', 'engine: no model is loaded in this worker.')
  }
  const writer = (): Runtime => {
    const any = model()
    if ('sequences' in any) return any
    const message =
      any.info.kind === 'encoder'
        ? `engine: ${any.info.name} is an encoder, which predicts no tokens. Use embed or rerank, or load a language model.`
        : `engine: ${any.info.name} is a translator, which continues no prompts. Use translate, or load a language model.`
    throw new OstroError('unsupported', message, { kind: any.info.kind })
  }
  const embedder = (): Runtime | EncoderRuntime => {
    const any = model()
    if (!('translate' in any)) return any
    const message = `engine: ${any.info.name} is a translator, which makes no vectors. Load an encoder, such as minilm:l6.`
    throw new OstroError('unsupported', message, { kind: any.info.kind })
  }
  const translator = (): TranslatorRuntime => {
    const any = model()
    if ('translate' in any) return any
    const message = `engine: ${any.info.name} is no translator. Load an encoder-decoder, or ask a chat model for the translation.`
    throw new OstroError('unsupported', message, { kind: any.info.kind })
  }

  return {
    load: async ({ source, options }, { signal, emit }) => {
      const file = await platform.openSource(source, {
        signal,
        acceptLicence: options.acceptLicence ?? false,
        onDownload: (doneBytes, totalBytes) => emit({ stage: 'download', doneBytes, totalBytes }),
      })
      try {
        loaded = await startModel(file, options, {
          signal,
          startHelperThread: platform.startHelperThread,
          compilers: platform.compilers,
          onProgress: (doneBytes, totalBytes) => emit({ stage: 'load', doneBytes, totalBytes }),
        })
      } finally {
        await file.close()
      }
      return loaded.info
    },
    generate: async ({ prompt, options }, context) => {
      await answerPrompt(writer(), prompt, options, context)
      return undefined
    },
    tokenize: async ({ text, addSpecial, parseSpecial }) =>
      model().tokenizer().encode(text, { addSpecial, parseSpecial }),
    detokenize: async ({ tokens, special }) => model().tokenizer().decode(tokens, { special }),
    render: async ({ messages, options }, { signal }) => {
      const { renderTurn } = await chatTurns()
      return renderTurn(writer(), messages, options, signal)
    },
    embed: async ({ texts, settings }, { signal, transfer }) => {
      const vectors = await embedTexts(embedder(), texts, settings, signal)
      for (const vector of vectors) transfer.push(vector.buffer as ArrayBuffer)
      return vectors
    },
    rerank: ({ query, documents, settings }, { signal }) =>
      rankDocuments(embedder(), query, documents, settings, signal),
    logits: async ({ tokens, rows }, { signal, transfer }) => {
      const result = await logitsOf(writer(), tokens, rows, signal)
      transfer.push(result.data.buffer as ArrayBuffer)
      return result
    },
    score: ({ tokens, from }, { signal }) => scoreTokens(writer(), tokens, from, signal),
    tapPoints: async () =>
      writer()
        .tapPoints()
        .map(({ name }) => name),
    translate: ({ text, request }, { signal }) => translator().translate(text, request, signal),
    plan: async () => describePlan(model()),
    profile: ({ tokens, runs }, { signal }) => model().profile(tokens, runs, signal),
  }
}

type AnyRuntime = Runtime | EncoderRuntime | TranslatorRuntime

/** An architecture that predicts tokens has `logits`; one that does not is an encoder. One that is both reads a whole text first. */
async function startModel(file: ModelFile, options: ResolvedLoadOptions, context: StartContext): Promise<AnyRuntime> {
  const opened = await openModel(file.files)
  if (opened.encoderGraph !== undefined) {
    return startTranslator(file, opened, opened.encoderGraph, options, context)
  }
  const writes = opened.graph().outputs.has('logits')
  return writes ? startRuntime(file, opened, options, context) : startEncoder(file, opened, options, context)
}

/** Grammars and dialects are megabytes of code that plain continuations never need. */
const chatTurns = () => import('./chat-turn.ts')

async function answerPrompt(
  model: Runtime,
  prompt: Prompt,
  options: SendableOptions,
  { signal, emit }: CallContext<ChatEvent>,
): Promise<void> {
  const clock = startClock()
  const seed = options.seed ?? randomSeed()
  const watch = options.tap === undefined ? undefined : model.watch(checkTap(options.tap))
  const tap = watch && { watch, tell: (record: TapRecord) => emit({ type: 'tap', ...record }) }
  const turn = await unlessAborted(prepareTurn(model, prompt, { ...options, seed }, signal))
  const sequence = turn && (await unlessAborted(acquireFor(model, turn.tokens, options, tap, signal)))
  if (turn === undefined || sequence === undefined) {
    // Aborted while it waited its turn: the stream ends as every aborted stream does.
    const usage = { promptTokens: turn?.tokens.length ?? 0, cachedTokens: 0, generatedTokens: 0 }
    return emit({ type: 'end', reason: 'aborted', usage, timings: clock.read(), seed })
  }
  const { tokens, held } = turn
  clock.turn()
  try {
    const input = {
      stepper: sequence,
      prompt: tokens,
      text: visibleText(model, prompt),
      endTokens: model.tokenizer().endOfGeneration,
      matcher: held === undefined ? await formatMatcher(model, options.format) : held.matcher,
      decide: held?.decide,
      goOn: held?.goOn,
      prefer: held?.prefer,
    }
    // Stop strings of a held turn end its text only, so its reader looks for them.
    const stop = held === undefined ? options.stop : undefined
    const generated = generate(input, { ...options, stop, seed, signal })
    if (held === undefined) {
      for await (const event of generated) {
        if (event.type === 'token') clock.token()
        const told = chatEvent(event, model, () => ({ timings: clock.read(), seed }))
        if (told !== undefined) emit(told)
      }
    } else {
      const named = (event: TokenEvent): TextDeltaEvent['logprobs'] => nameLogprobs(event, model)
      for await (const event of readHeldAnswer(generated, held, tokens.length, named, clock.token)) {
        emit(event.type === 'end' ? { ...event, timings: clock.read(), seed } : event)
      }
    }
  } finally {
    sequence.release()
  }
}

async function prepareTurn(
  model: Runtime,
  prompt: Prompt,
  options: SendableOptions & { readonly seed: number },
  signal: AbortSignal,
): Promise<ChatTurn> {
  if (prompt.kind === 'chat') {
    const { prepareChatTurn } = await chatTurns()
    return prepareChatTurn(model, prompt.messages, options, signal)
  }
  return { tokens: promptTokens(model, prompt), held: undefined }
}

/** Holds a plain continuation to its format; the text of a chat's answer is held with its calls and thinking. */
async function formatMatcher(model: Runtime, format: OutputFormat | undefined): Promise<TokenMatcher | undefined> {
  if (format === undefined) return undefined
  const { compileFormat, createTokenMatcher, createTokenTrie } = await import('../constrain/index.ts')
  return createTokenMatcher(createTokenTrie(model.tokenizer()), compileFormat(format))
}

const mostPatterns = 64

/** @throws OstroError `invalid-argument` */
function checkTap(patterns: readonly string[]): readonly string[] {
  const isList = Array.isArray(patterns) && patterns.every((pattern) => typeof pattern === 'string')
  if (isList && patterns.length >= 1 && patterns.length <= mostPatterns) return patterns
  throw new OstroError('invalid-argument', `tap: expected a list of 1 to ${mostPatterns} names of steps.`)
}

/** Pages are asked for as many tokens of an answer; most answers are no longer, and one that is waits for its pages later. */
const usualAnswerTokens = 256

function acquireFor(
  model: Runtime,
  prompt: readonly number[],
  options: SendableOptions,
  tap: SequenceRequest['tap'],
  signal: AbortSignal,
): Promise<Sequence> {
  const answerTokens = Math.min(options.maxTokens ?? Infinity, usualAnswerTokens)
  const lengthTokens = Math.min(prompt.length + answerTokens, model.info.contextTokens)
  return model.sequences.acquire({ prompt, lengthTokens, key: options.cacheKey, tap }, signal)
}

async function unlessAborted<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OstroError && error.code === 'aborted') return undefined
    throw error
  }
}

function chatEvent(
  event: GenerateEvent,
  model: Runtime,
  atEnd: () => Pick<EndEvent, 'timings' | 'seed'>,
): ChatEvent | undefined {
  switch (event.type) {
    case 'prefill':
      return { type: 'prefill-progress', doneTokens: event.doneTokens, totalTokens: event.totalTokens }
    case 'token': {
      const logprobs = nameLogprobs(event, model)
      if (logprobs !== undefined) return { type: 'text-delta', text: event.text, logprobs }
      return event.text === '' ? undefined : { type: 'text-delta', text: event.text }
    }
    case 'text':
      return { type: 'text-delta', text: event.text }
    case 'end':
      return { ...event, ...atEnd() }
    default:
      return event satisfies never
  }
}

function nameLogprobs({ logprobs }: TokenEvent, model: Runtime): TextDeltaEvent['logprobs'] {
  if (logprobs === undefined) return undefined
  const named = <T extends { token: number }>(entry: T): T & { text: string } => {
    return { ...entry, text: model.tokenizer().decode([entry.token], { special: true, continues: true }) }
  }
  return [{ ...named(logprobs), top: logprobs.top.map((entry) => named(entry)) }]
}

/** An answer starts a text of its own; a completion continues the prompt, so a leading space belongs to it. */
function visibleText(model: Runtime, prompt: Prompt): TextStream {
  return model.tokenizer().decoder({ continues: prompt.kind !== 'chat' })
}

function startClock() {
  const started = performance.now()
  let turnAt = started
  let firstAt: number | undefined
  return {
    turn: () => {
      turnAt = performance.now()
    },
    token: () => {
      firstAt ??= performance.now()
    },
    read: () => {
      const now = performance.now()
      return { waitMs: turnAt - started, prefillMs: (firstAt ?? now) - turnAt, decodeMs: now - (firstAt ?? now) }
    },
  }
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]
}
