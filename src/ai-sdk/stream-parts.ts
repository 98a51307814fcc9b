/** A model's events as the parts of an AI SDK stream: blocks of one kind each, opened and closed. */
import type { ChatEvent, EndEvent } from '../tools/chat-model.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, Usage } from '../util/generation.ts'
import type { Warning } from './served-model.ts'

/** The parts that a local model sends: a subset of `LanguageModelV3StreamPart` and of `LanguageModelV4StreamPart`. */
export type StreamPart =
  | { type: 'stream-start'; warnings: Warning[] }
  | { type: 'response-metadata'; modelId: string }
  | { type: `${BlockKind}-start`; id: string }
  | { type: `${BlockKind}-delta`; id: string; delta: string }
  | { type: `${BlockKind}-end`; id: string }
  | { type: 'tool-input-start'; id: string; toolName: string }
  | { type: 'tool-input-delta'; id: string; delta: string }
  | { type: 'tool-input-end'; id: string }
  | { type: 'tool-call'; toolCallId: string; toolName: string; input: string }
  | { type: 'error'; error: unknown }
  | { type: 'finish'; usage: CallUsage; finishReason: FinishReason; providerMetadata?: Metadata }

type BlockKind = 'text' | 'reasoning'

/** Of `Usage`, in the words of the AI SDK; what is not counted is undefined. */
export interface CallUsage {
  inputTokens: { total: Count; noCache: Count; cacheRead: Count; cacheWrite: undefined }
  outputTokens: { total: Count; text: undefined; reasoning: undefined }
}

type Count = number | undefined

export interface FinishReason {
  unified: 'stop' | 'length' | 'tool-calls' | 'error'
  raw: EndReason | undefined
}

/** What Ostro tells beside: the seed that repeats this answer, and where its time went. */
export type Metadata = { ostro: { seed: number; waitMs: number; prefillMs: number; decodeMs: number } }

/** The end of an answer that failed; what it cost is not known. */
export const failedFinish: StreamPart = {
  type: 'finish',
  usage: {
    inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined },
  },
  finishReason: { unified: 'error', raw: undefined },
}

/**
 * @throws the signal's reason where it fired: callers of the AI SDK expect their own error back.
 * @throws OstroError as `Model.chat`
 */
export async function* streamParts(
  events: AsyncIterable<ChatEvent>,
  { signal }: { readonly signal: AbortSignal | undefined },
): AsyncGenerator<StreamPart> {
  let open: { readonly kind: BlockKind; readonly id: string } | undefined
  let blocks = 0
  const callIds = new Map<number, string>()

  function* delta(kind: BlockKind, text: string): Generator<StreamPart> {
    if (open?.kind !== kind) {
      yield* close()
      open = { kind, id: `${kind}-${blocks++}` }
      yield { type: `${kind}-start`, id: open.id }
    }
    yield { type: `${kind}-delta`, id: open.id, delta: text }
  }

  function* close(): Generator<StreamPart> {
    if (open) yield { type: `${open.kind}-end`, id: open.id }
    open = undefined
  }

  for await (const event of events) {
    switch (event.type) {
      case 'text-delta':
        if (event.text !== '') yield* delta('text', event.text)
        break
      case 'reasoning-delta':
        if (event.text !== '') yield* delta('reasoning', event.text)
        break
      case 'tool-call-start':
        yield* close()
        callIds.set(event.index, event.id)
        yield { type: 'tool-input-start', id: event.id, toolName: event.name }
        break
      case 'tool-call-delta':
        yield { type: 'tool-input-delta', id: idOf(callIds, event.index), delta: event.arguments }
        break
      case 'tool-call':
        yield { type: 'tool-input-end', id: event.id }
        yield { type: 'tool-call', toolCallId: event.id, toolName: event.name, input: event.arguments }
        break
      case 'end':
        yield* close()
        yield finishPart(event, signal)
        return
      default:
        break // A consumer ignores types that it doesn't know.
    }
  }
  throw new OstroError('device', 'AI SDK: the model ended its stream without an end event. Load the model again.')
}

function idOf(ids: ReadonlyMap<number, string>, index: number): string {
  const id = ids.get(index)
  if (id !== undefined) return id
  throw new OstroError('device', `AI SDK: arguments of call ${index} came before its start. Load the model again.`)
}

function finishPart(event: EndEvent, signal: AbortSignal | undefined): StreamPart {
  if (event.reason === 'aborted') throw signal?.reason ?? new OstroError('aborted', 'AI SDK: the signal fired.')
  return {
    type: 'finish',
    usage: usageOf(event.usage),
    finishReason: { unified: event.reason, raw: event.reason },
    providerMetadata: { ostro: { seed: event.seed, ...event.timings } },
  }
}

function usageOf({ promptTokens, cachedTokens, generatedTokens }: Usage): CallUsage {
  return {
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: generatedTokens, text: undefined, reasoning: undefined },
  }
}
