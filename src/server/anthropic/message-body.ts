/** The message that POST /v1/messages answers with, and the events of its stream. */
import { z } from 'zod'
import type { EndEvent } from '../../tools/chat-model.ts'
import type { Usage } from '../../util/generation.ts'

const usage = z.strictObject({
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
})

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.strictObject({
    type: z.literal('tool_use'),
    id: z.string().min(1),
    name: z.string().min(1),
    input: z.record(z.string(), z.unknown()),
  }),
])
export type Block = z.infer<typeof block>

const stopReason = z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'model_context_window_exceeded'])

export const messageObject = z
  .strictObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(block),
    stop_reason: stopReason.nullable(),
    stop_sequence: z.string().nullable(),
    usage,
  })
  .meta({ id: 'AnthropicMessage' })
export type MessageObject = z.infer<typeof messageObject>

const delta = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text_delta'), text: z.string() }),
  z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.strictObject({ type: z.literal('signature_delta'), signature: z.string() }),
  z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
])
export type Delta = z.infer<typeof delta>

export const messageEvent = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('message_start'), message: messageObject }),
    z.strictObject({ type: z.literal('content_block_start'), index: z.int(), content_block: block }),
    z.strictObject({ type: z.literal('content_block_delta'), index: z.int(), delta }),
    z.strictObject({ type: z.literal('content_block_stop'), index: z.int() }),
    z.strictObject({
      type: z.literal('message_delta'),
      delta: z.strictObject({ stop_reason: stopReason, stop_sequence: z.string().nullable() }),
      usage,
    }),
    z.strictObject({ type: z.literal('message_stop') }),
    z.strictObject({ type: z.literal('ping') }),
    z.strictObject({
      type: z.literal('error'),
      error: z.strictObject({
        type: z.string(),
        message: z.string(),
        details: z.strictObject({ error_code: z.string() }),
      }),
    }),
  ])
  .meta({ id: 'AnthropicStreamEvent' })
export type MessageEvent = z.infer<typeof messageEvent>

/** Clients send thinking back with the signature that came with it; here nothing depends on it. */
export const thinkingSignature = 'ostro'

export function newMessage(model: string, promptTokens: number): MessageObject {
  return {
    id: `msg_${crypto.randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usageObject({ promptTokens, cachedTokens: 0, generatedTokens: 0 }),
  }
}

/** What tells the end of the room that was asked for from that of the context, in tokens. */
export interface AnswerRoom {
  readonly maxTokens: number
  /** 0 where another server does not tell. */
  readonly contextTokens: number
}

/** Why the answer ended. */
export function endingOf(
  end: EndEvent,
  { maxTokens, contextTokens }: AnswerRoom,
): Pick<MessageObject, 'stop_sequence'> & { stop_reason: z.infer<typeof stopReason> } {
  const { reason, stopText } = end
  switch (reason) {
    case 'tool-calls':
      return { stop_reason: 'tool_use', stop_sequence: null }
    case 'length': {
      // A call that needs more than it was given ends before its first token, so what was generated tells nothing.
      const contextEnds = contextTokens > 0 && end.usage.promptTokens + maxTokens > contextTokens
      return { stop_reason: contextEnds ? 'model_context_window_exceeded' : 'max_tokens', stop_sequence: null }
    }
    case 'stop':
    case 'aborted':
      if (stopText !== undefined) return { stop_reason: 'stop_sequence', stop_sequence: stopText }
      return { stop_reason: 'end_turn', stop_sequence: null }
    default:
      return reason satisfies never
  }
}

/** What was read from the cache is counted apart, as the interface has it. */
export function usageObject({ promptTokens, cachedTokens, generatedTokens }: Usage): z.infer<typeof usage> {
  return {
    input_tokens: promptTokens - cachedTokens,
    output_tokens: generatedTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: 0,
  }
}
