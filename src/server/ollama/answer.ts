/** Answers of /api/chat and /api/generate: lines that carry pieces, and a last one that says why it ended and what it cost. */
import { z } from 'zod'
import type { ChatEvent, EndEvent, TapEvent } from '../../tools/chat-model.ts'
import { OstroError } from '../../util/error.ts'
import { chatLogprobs, logprobsObject, type TextLogprobs } from '../openai/answer.ts'
import { tapObject, tapOf } from '../openai/taps.ts'

const toolCallObject = z.strictObject({
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.strictObject({
    name: z.string().min(1),
    arguments: z.record(z.string(), z.unknown()),
    index: z.int().optional(),
  }),
})
export type OllamaToolCall = z.infer<typeof toolCallObject>

/** Times in nanoseconds. */
const costFields = {
  done_reason: z.enum(['stop', 'length', 'load', 'unload']).optional(),
  total_duration: z.int().optional(),
  load_duration: z.int().optional(),
  prompt_eval_count: z.int().optional(),
  prompt_eval_duration: z.int().optional(),
  eval_count: z.int().optional(),
  eval_duration: z.int().optional(),
}

const lineFields = {
  model: z.string(),
  created_at: z.string(),
  done: z.boolean(),
  logprobs: logprobsObject.shape.content.unwrap().optional(),
  taps: z.array(tapObject).optional(),
  ...costFields,
}

export const chatLine = z
  .strictObject({
    ...lineFields,
    message: z.strictObject({
      role: z.literal('assistant'),
      content: z.string(),
      thinking: z.string().optional(),
      tool_calls: z.array(toolCallObject).optional(),
    }),
  })
  .meta({ id: 'OllamaChatLine' })
export type ChatLine = z.infer<typeof chatLine>

export const generateLine = z
  .strictObject({ ...lineFields, response: z.string(), thinking: z.string().optional() })
  .meta({ id: 'OllamaGenerateLine' })
export type GenerateLine = z.infer<typeof generateLine>

/** What both kinds of line are made of. */
export interface Piece {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly OllamaToolCall[]
  readonly logprobs: TextLogprobs | undefined
  readonly taps: readonly TapEvent[]
  readonly end: EndEvent | undefined
}

const nothing: Piece = { text: '', thinking: '', calls: [], logprobs: undefined, taps: [], end: undefined }

/** One piece per event that says something; the last one has the end. */
export async function* piecesOf(answer: AsyncIterable<ChatEvent>): AsyncGenerator<Piece> {
  for await (const event of answer) {
    switch (event.type) {
      case 'text-delta':
        yield { ...nothing, text: event.text, logprobs: event.logprobs }
        break
      case 'reasoning-delta':
        yield { ...nothing, thinking: event.text }
        break
      case 'tool-call': {
        const { id, name, index } = event
        const parsed = JSON.parse(event.arguments) as Record<string, unknown>
        yield { ...nothing, calls: [{ id, type: 'function', function: { name, arguments: parsed, index } }] }
        break
      }
      case 'tap':
        yield { ...nothing, taps: [event] }
        break
      case 'end':
        yield { ...nothing, end: event }
        return
      default:
        break // Calls come whole here, and progress not at all.
    }
  }
  throw new OstroError('device', 'ollama: the engine ended the stream without an end event.')
}

/** All pieces as one. */
export async function wholePiece(pieces: AsyncIterable<Piece>): Promise<Piece> {
  let whole = nothing
  for await (const piece of pieces) {
    whole = {
      text: whole.text + piece.text,
      thinking: whole.thinking + piece.thinking,
      calls: [...whole.calls, ...piece.calls],
      logprobs: piece.logprobs ? [...(whole.logprobs ?? []), ...piece.logprobs] : whole.logprobs,
      taps: [...whole.taps, ...piece.taps],
      end: piece.end,
    }
  }
  return whole
}

export function chatLineOf(model: string, piece: Piece, topLogprobs: number): ChatLine {
  return {
    ...headOf(model, piece),
    message: {
      role: 'assistant',
      content: piece.text,
      ...(piece.thinking === '' ? {} : { thinking: piece.thinking }),
      ...(piece.calls.length === 0 ? {} : { tool_calls: [...piece.calls] }),
    },
    ...tailOf(piece, topLogprobs),
  }
}

export function generateLineOf(model: string, piece: Piece, topLogprobs: number): GenerateLine {
  return {
    ...headOf(model, piece),
    response: piece.text,
    ...(piece.thinking === '' ? {} : { thinking: piece.thinking }),
    ...tailOf(piece, topLogprobs),
  }
}

/** The answer to a request without a prompt, which only loads the model, or lets go of it. */
export function loadedHead(model: string, keepAlive: number | null | undefined) {
  const done_reason = keepAlive === 0 ? ('unload' as const) : ('load' as const)
  return { model, created_at: new Date().toISOString(), done: true, done_reason }
}

function headOf(model: string, piece: Piece) {
  return { model, created_at: new Date().toISOString(), done: piece.end !== undefined }
}

function tailOf({ logprobs, taps, end }: Piece, topLogprobs: number) {
  return {
    ...(taps.length === 0 ? {} : { taps: taps.map((tap) => tapOf(tap, 0)) }),
    ...(logprobs ? { logprobs: chatLogprobs(logprobs, topLogprobs).content ?? [] } : {}),
    ...(end ? costOf(end) : {}),
  }
}

function costOf({ reason, usage, timings }: EndEvent) {
  const { waitMs, prefillMs, decodeMs } = timings
  return {
    done_reason: reason === 'length' ? ('length' as const) : ('stop' as const),
    total_duration: nanoseconds(waitMs + prefillMs + decodeMs),
    load_duration: 0,
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: nanoseconds(prefillMs),
    eval_count: usage.generatedTokens,
    eval_duration: nanoseconds(decodeMs),
  }
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6)
}
