/** A model that plays a script instead of computing, and a pool of such: what servers are tested with. */
import { ApiError } from '../../src/server/api-error.ts'
import type { ModelLease, ModelPool, ServedModel } from '../../src/server/served-model.ts'
import type { ChatEvent, ChatMessage, ChatOptions, EndEvent } from '../../src/tools/chat-model.ts'
import { OstroError } from '../../src/util/error.ts'
import type { EndReason } from '../../src/util/generation.ts'

/** One call of `chat` or `stream`, as the model saw it. */
export interface ScriptedCall {
  readonly messages: readonly ChatMessage[] | undefined
  readonly prompt: string | readonly number[] | undefined
  readonly options: ChatOptions
}

export interface ScriptOptions {
  readonly name?: string
  readonly kind?: ServedModel['info']['kind']
  /** What a call answers; the `end` event may be left out. Default: the words "Hello", " world". */
  readonly answer?: (call: ScriptedCall) => Iterable<ChatEvent> | AsyncIterable<ChatEvent>
  /** Time before each event. Default 0: none at all. */
  readonly msPerEvent?: number
  /** Log-probability of a continuation. Default: that of a uniform choice among 256 bytes, a byte. */
  readonly score?: (prompt: string, continuation: string) => number
}

export interface ScriptedModel extends ServedModel {
  readonly calls: ScriptedCall[]
  /** Answers that have begun and not ended. */
  readonly active: () => number
}

export const words = (...texts: string[]): ChatEvent[] => texts.map((text) => ({ type: 'text-delta', text }))

export const endEvent = (reason: EndReason, generatedTokens: number): EndEvent => ({
  type: 'end',
  reason,
  usage: { promptTokens: 5, cachedTokens: 2, generatedTokens },
  timings: { waitMs: 0, prefillMs: 1, decodeMs: 2 },
  seed: 1,
})

/** The events of a whole call: `arguments` comes in two pieces. */
export function toolCallEvents(index: number, name: string, args: unknown): ChatEvent[] {
  const id = `call_${index}`
  const text = JSON.stringify(args)
  const half = Math.ceil(text.length / 2)
  return [
    { type: 'tool-call-start', index, id, name },
    { type: 'tool-call-delta', index, arguments: text.slice(0, half) },
    { type: 'tool-call-delta', index, arguments: text.slice(half) },
    { type: 'tool-call', index, id, name, arguments: text },
  ]
}

export function scriptedModel(script: ScriptOptions = {}): ScriptedModel {
  const calls: ScriptedCall[] = []
  let active = 0
  async function* play(call: ScriptedCall): AsyncGenerator<ChatEvent> {
    calls.push(call)
    active++
    try {
      yield* untilAborted(script, call)
    } finally {
      active--
    }
  }
  const { name = 'scripted', kind = 'chat', score = (_, { length }) => -length * Math.log(256) } = script
  const generates = kind === 'chat' || kind === 'base'
  const render: ScriptedModel['render'] = async (messages) =>
    messages.map(({ role, content }) => `${role}:${String(content)}`).join('\n')
  const tokenize: ScriptedModel['tokenize'] = async (text) => [...new TextEncoder().encode(text)]
  const model: ScriptedModel = {
    calls,
    active: () => active,
    id: name,
    contextTokens: 1024,
    slots: 4,
    can: { chat: kind === 'chat', score: generates, format: generates },
    info: {
      name,
      architecture: 'scripted',
      kind,
      parameters: 1000,
      vocabularySize: 256,
      width: 4,
      contextTokens: 1024,
      trainedContextTokens: 2048,
      infill: true,
      fileBytes: 4000,
      bytes: { weights: 4000, arena: 0, cache: 0 },
      tensors: [
        { name: 'norm', shape: [4], type: 'f32', sizeBytes: 16 },
        { name: 'embedding', shape: [4, 256], type: 'q8_0', sizeBytes: 3984 },
      ],
      notices: [],
    },
    chat: (messages, options = {}) => play({ messages, prompt: undefined, options }),
    stream: (prompt, options = {}) => play({ messages: undefined, prompt, options }),
    infill: async (before, after) => {
      const { type: _, ...end } = endEvent('stop', 1)
      return { text: `[${before}|${after}]`, logprobs: undefined, ...end }
    },
    embed: async (texts) => texts.map((text) => Float32Array.of(text.length, 1, 2, 3)),
    // The shortest document first; only encoders have a head.
    rerank: async (_, documents, { method, topN } = {}) => {
      if (script.kind !== 'encoder' && method !== 'embedding') {
        throw new OstroError('unsupported', "rerank: no head. Pass method: 'embedding'.")
      }
      const ranked = documents.map(({ length }, index) => ({ index, score: 1 / (1 + length) }))
      return ranked.toSorted((a, b) => b.score - a.score).slice(0, topN)
    },
    translate: async (text, { to } = {}) => ({
      text: `[${String(to)}] ${text}`,
      score: 0,
      ended: true,
      candidates: [],
      usage: { sourceTokens: text.length, generatedTokens: 1 },
    }),
    scoreContinuations: async (prompt, continuations) => {
      const text = typeof prompt === 'string' ? prompt : await render(prompt)
      return continuations.map((one) => ({ logprob: score(text, one), tokens: one.length }))
    },
    countTokens: async (prompt) => (await tokenize(typeof prompt === 'string' ? prompt : await render(prompt))).length,
    tokenize,
    detokenize: async (tokens) => new TextDecoder().decode(Uint8Array.from(tokens)),
    render,
    logits: async (tokens) => ({
      rows: tokens.length,
      vocabularySize: 256,
      data: Float32Array.from({ length: tokens.length * 256 }, (_, index) => (index % 256 === 97 ? 5 : 0)),
    }),
    dispose: async () => {},
  }
  return model
}

async function* untilAborted(script: ScriptOptions, call: ScriptedCall): AsyncGenerator<ChatEvent> {
  const { signal } = call.options
  let sent = 0
  let ended = false
  for await (const event of script.answer?.(call) ?? words('Hello', ' world')) {
    if (script.msPerEvent) await pause(script.msPerEvent, signal)
    if (signal?.aborted) {
      yield endEvent('aborted', sent)
      return
    }
    sent++
    ended ||= event.type === 'end'
    yield event
  }
  if (!ended) yield endEvent('stop', sent)
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** A pool in which everything is loaded; the first model is the default one. */
export function scriptedPool(...models: readonly ServedModel[]): ModelPool {
  return {
    list: async () =>
      models.map((model, index) => ({
        id: model.info.name,
        aliases: [],
        sizeBytes: model.info.fileBytes,
        created: 1_700_000_000,
        licence: undefined,
        kind: model.info.kind,
        contextTokens: model.info.contextTokens,
        info: model.info,
        loaded: true,
        isDefault: index === 0,
      })),
    acquire: async (name): Promise<ModelLease> => {
      const model = name === undefined ? models[0] : models.find(({ info }) => info.name === name)
      if (model !== undefined) return { id: model.info.name, model, keepFor: () => {}, release: () => {} }
      throw new ApiError(404, `There is no model ${name}.`, { code: 'model_not_found', param: 'model' })
    },
    discard: () => {},
    close: async () => {},
  }
}
