/** What the worker does for each method: the one place where files, devices, models, text and generation meet. */
import type { TextStream } from '../generate/answer.ts'
import { generate, type GenerateEvent } from '../generate/generate.ts'
import type { ChatEvent, EndEvent, TextDeltaEvent } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { ModelFile } from './model-file.ts'
import { describePlan } from './plan-steps.ts'
import { promptTokens, renderChat } from './prompt.ts'
import type { Prompt, SendableOptions, SendableSource } from './protocol.ts'
import { type CallContext, createQueue, type EngineHandlers } from './rpc-server.ts'
import { type Runtime, startRuntime } from './runtime.ts'
import type { Compiler, HelperThread } from '../devices/wasm/index.ts'
import { embedTokens, logitsOf, scoreTokens } from './whole-runs.ts'

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
  const takeTurn = createQueue()
  let loaded: Runtime | undefined
  const model = (): Runtime => {
    if (loaded !== undefined) return loaded
    throw new OstroError('device', 'engine: no model is loaded in this worker.')
  }

  return {
    load: async ({ source, options }, { signal, emit }) => {
      const file = await platform.openSource(source, {
        signal,
        acceptLicence: options.acceptLicence ?? false,
        onDownload: (doneBytes, totalBytes) => emit({ stage: 'download', doneBytes, totalBytes }),
      })
      try {
        loaded = await startRuntime(file, options, {
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
      await answerPrompt(model(), takeTurn, prompt, options, context)
      return undefined
    },
    tokenize: async ({ text, addSpecial, parseSpecial }) =>
      model().tokenizer().encode(text, { addSpecial, parseSpecial }),
    detokenize: async ({ tokens, special }) => model().tokenizer().decode(tokens, { special }),
    render: ({ messages, options }, { signal }) => renderChat(model(), messages, options, signal),
    embed: ({ texts }, { signal, transfer }) =>
      takeTurn(async () => {
        const vectors: Float32Array[] = []
        for (const text of texts) vectors.push(await embedTokens(model(), model().tokenizer().encode(text), signal))
        for (const vector of vectors) transfer.push(vector.buffer as ArrayBuffer)
        return vectors
      }, signal),
    logits: ({ tokens, rows }, { signal, transfer }) =>
      takeTurn(async () => {
        const result = await logitsOf(model(), tokens, rows, signal)
        transfer.push(result.data.buffer as ArrayBuffer)
        return result
      }, signal),
    score: ({ tokens, from }, { signal }) => takeTurn(() => scoreTokens(model(), tokens, from, signal), signal),
    plan: async () => describePlan(model()),
    profile: ({ tokens, runs }, { signal }) =>
      takeTurn(async () => {
        model().sequences.clear()
        return model().profile(tokens, runs)
      }, signal),
  }
}

type TakeTurn = ReturnType<typeof createQueue>

async function answerPrompt(
  model: Runtime,
  takeTurn: TakeTurn,
  prompt: Prompt,
  options: SendableOptions,
  { signal, emit }: CallContext<ChatEvent>,
): Promise<void> {
  const clock = startClock()
  const seed = options.seed ?? randomSeed()
  const tokens = await promptTokens(model, prompt, options, signal)
  const answer = async (): Promise<void> => {
    clock.turn()
    const input = {
      stepper: model.sequences.forPrompt(tokens),
      prompt: tokens,
      text: visibleText(model, prompt),
      endTokens: model.tokenizer().endOfGeneration,
    }
    for await (const event of generate(input, { ...options, seed, signal })) {
      if (event.type === 'token') clock.token()
      const told = chatEvent(event, model, () => ({ timings: clock.read(), seed }))
      if (told !== undefined) emit(told)
    }
  }
  try {
    await takeTurn(answer, signal)
  } catch (error) {
    // Aborted while it waited its turn: the stream ends as every aborted stream does.
    if (!(error instanceof OstroError && error.code === 'aborted')) throw error
    const usage = { promptTokens: tokens.length, cachedTokens: 0, generatedTokens: 0 }
    emit({ type: 'end', reason: 'aborted', usage, timings: clock.read(), seed })
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
      if (event.logprobs === undefined) return event.text === '' ? undefined : { type: 'text-delta', text: event.text }
      const named = <T extends { token: number }>(entry: T): T & { text: string } => {
        return { ...entry, text: model.tokenizer().decode([entry.token], { special: true, continues: true }) }
      }
      const logprobs: TextDeltaEvent['logprobs'] = [
        { ...named(event.logprobs), top: event.logprobs.top.map((entry) => named(entry)) },
      ]
      return { type: 'text-delta', text: event.text, logprobs }
    }
    case 'text':
      return { type: 'text-delta', text: event.text }
    case 'end':
      return { ...event, ...atEnd() }
    default:
      return event satisfies never
  }
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
