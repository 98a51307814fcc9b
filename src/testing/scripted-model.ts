/**
 * A model that plays a script: for tests of agents and tasks, without weights. It counts tokens exactly (a token is a word with the space
 * before it), holds prompts as an engine does, waits at barriers instead of clocks, and fails where it is told to.
 */
import type { ChatEvent, ChatMessage, ChatOptions, EndEvent } from '../tools/chat-model.ts'
import type { Abilities, LanguageModel, Prompt } from '../tools/language-model.ts'
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'
import { createRandom, type Random } from '../util/random.ts'

export interface ScriptedRequest {
  readonly prompt: Prompt
  /** The prompt as one text: of messages `role: content`, a line each. */
  readonly text: string
  readonly options: ChatOptions
  /** From 0, in the order of the calls. */
  readonly call: number
  /** Drawn from the request's seed: the same request with the same seed is answered alike. */
  readonly random: Random
}

export interface ScriptedCall {
  readonly name: string
  readonly arguments: unknown
}

/** What the model says: a text, or calls after an optional text. */
export type ScriptedAnswer = string | { readonly text?: string; readonly calls: readonly ScriptedCall[] }

/** Answers in order, the last one for ever; or a function of the request. */
export type Script =
  | readonly ScriptedAnswer[]
  | ((request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

export interface ScriptedModelOptions {
  readonly id?: string | undefined
  /** Default `['ok']`. */
  readonly answers?: Script | undefined
  /** Log-probability of a continuation. Default: that of a uniform choice among 100 words, a word. */
  readonly score?: ((text: string, continuation: string) => number) | undefined
  /** Default 8192. */
  readonly contextTokens?: number | undefined
  /** Default 16. */
  readonly slots?: number | undefined
  /** Default: all of them. */
  readonly can?: Partial<Abilities> | undefined
  /** Thrown by the call of that number, after this many of its tokens (default 0). */
  readonly faults?:
    | Readonly<Record<number, { readonly error: Error; readonly afterTokens?: number | undefined }>>
    | undefined
}

export interface ScriptedModel extends LanguageModel {
  /** Every answer asked for, in order. */
  readonly requests: readonly ScriptedRequest[]
  /** Answers that have begun and not ended. */
  readonly pending: () => number
  /** Holds all answers back until this many calls wait, then lets them go; again for each further so many. */
  readonly barrier: (calls: number) => void
}

export function scriptedModel(options: ScriptedModelOptions = {}): ScriptedModel {
  const { id = 'scripted', answers = ['ok'], contextTokens = 8192, slots = 16, faults = {} } = options
  const score = options.score ?? ((_, continuation) => wordsOf(continuation).length * Math.log(0.01))
  const requests: ScriptedRequest[] = []
  const held = createHeldPrompts()
  const gate = createGate()
  let active = 0

  async function* play(prompt: Prompt, asked: ChatOptions): AsyncGenerator<ChatEvent> {
    const call = requests.length
    const seed = asked.seed ?? 0
    const request = { prompt, text: textOf(prompt), options: asked, call, random: createRandom(seed) }
    requests.push(request)
    const promptWords = wordsOf(request.text)
    const cachedTokens = held.read(promptWords)
    const usage = (generatedTokens: number) => ({ promptTokens: promptWords.length, cachedTokens, generatedTokens })
    const end = (reason: EndEvent['reason'], generated: number): EndEvent => ({
      type: 'end',
      reason,
      usage: usage(generated),
      timings,
      seed,
    })
    active++
    try {
      if (promptWords.length >= contextTokens) {
        const message = `scripted: a prompt of ${promptWords.length} tokens does not fit ${contextTokens}.`
        throw new OstroError('context-overflow', message, { promptTokens: promptWords.length, contextTokens })
      }
      await gate.pass(asked.signal)
      const answer = await (typeof answers === 'function'
        ? answers(request)
        : answers[Math.min(call, answers.length - 1)])
      const { text = '', calls = [] } = typeof answer === 'string' ? { text: answer } : answer
      const words = wordsOf(cutAtStop(text, asked.stop))
      const room = Math.min(asked.maxTokens ?? Infinity, contextTokens - promptWords.length)
      let generated = 0
      for (const word of words) {
        failAt(faults[call], generated)
        if (asked.signal?.aborted === true) return yield end('aborted', generated)
        if (generated >= room) return yield end('length', generated)
        generated++
        const logprob = { token: 0, logprob: Math.log(0.5), top: [], text: word }
        yield { type: 'text-delta', text: word, ...(asked.logprobs === undefined ? {} : { logprobs: [logprob] }) }
      }
      failAt(faults[call], generated)
      for (const [index, { name, arguments: values }] of calls.entries()) {
        const json = JSON.stringify(values)
        const callId = `call_${call}_${index}`
        generated += wordsOf(json).length + 1
        if (generated > room) return yield end('length', room)
        yield { type: 'tool-call-start', index, id: callId, name }
        yield { type: 'tool-call-delta', index, arguments: json }
        yield { type: 'tool-call', index, id: callId, name, arguments: json }
      }
      held.read([...promptWords, ...words])
      yield end(calls.length > 0 ? 'tool-calls' : 'stop', generated)
    } finally {
      active--
    }
  }

  return {
    id,
    contextTokens,
    slots,
    can: { chat: true, score: true, format: true, ...options.can },
    requests,
    pending: () => active,
    barrier: gate.close,
    chat: (messages: readonly ChatMessage[], asked: ChatOptions = {}) => play(messages, asked),
    stream: (prompt: string, asked: GenerateOptions = {}) => play(prompt, asked),
    scoreContinuations: async (prompt, continuations) => {
      const text = textOf(prompt)
      held.read(wordsOf(text))
      return continuations.map((continuation) => ({
        logprob: score(text, continuation),
        tokens: wordsOf(continuation).length,
      }))
    },
    countTokens: async (prompt) => wordsOf(textOf(prompt)).length,
  }
}

/** Tokens of the scripted model: words, each with the space before it. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

const timings = { waitMs: 0, prefillMs: 0, decodeMs: 0 }

function textOf(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt
  const lines = prompt.map((message) => {
    const calls = message.tool_calls === undefined ? '' : ` ${JSON.stringify(message.tool_calls)}`
    const content = typeof message.content === 'string' ? message.content : JSON.stringify(message.content ?? '')
    return `${message.role}: ${content}${calls}`
  })
  return lines.join('\n')
}

function cutAtStop(text: string, stop: readonly string[] = []): string {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at >= 0)
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends))
}

function failAt(fault: { error: Error; afterTokens?: number | undefined } | undefined, generated: number): void {
  if (fault !== undefined && generated >= (fault.afterTokens ?? 0)) throw fault.error
}

interface HeldNode {
  readonly next: Map<string, HeldNode>
}

/** The beginnings of texts that the model has read, as a trie of words. */
function createHeldPrompts() {
  const root: HeldNode = { next: new Map() }
  return {
    /** Reads a text; how many of its words were held already. */
    read: (words: readonly string[]): number => {
      let node = root
      let known = 0
      for (const [at, word] of words.entries()) {
        const next = node.next.get(word)
        if (next !== undefined && known === at) known++
        const child = next ?? { next: new Map<string, HeldNode>() }
        node.next.set(word, child)
        node = child
      }
      return known
    },
  }
}

/** Opens when enough calls wait before it. */
function createGate() {
  let needed = 0
  let waiting: (() => void)[] = []
  return {
    close: (calls: number): void => {
      needed = calls
    },
    pass: (signal: AbortSignal | undefined): Promise<void> | undefined => {
      if (needed === 0) return undefined
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve(), { once: true })
        waiting.push(resolve)
        if (waiting.length < needed) return
        const open = waiting
        waiting = []
        for (const go of open) go()
      })
    },
  }
}
