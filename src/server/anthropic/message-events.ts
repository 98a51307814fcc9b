/** A model's events as the events of a message: blocks that start, grow and stop, one after the other. */
import type { ChatEvent } from '../../tools/chat-model.ts'
import { OstroError } from '../../util/error.ts'
import {
  type AnswerRoom,
  type Block,
  type Delta,
  endingOf,
  type MessageEvent,
  newMessage,
  thinkingSignature,
  usageObject,
} from './message-body.ts'

export interface MessageOptions extends AnswerRoom {
  readonly model: string
}

export async function* messageEvents(
  answer: AsyncIterable<ChatEvent>,
  { model, ...room }: MessageOptions,
): AsyncGenerator<MessageEvent> {
  let started = false
  let index = -1
  let open: Block['type'] | undefined

  /** Waits for the first event, since that tells how long the prompt is. */
  function* start(event: ChatEvent): Generator<MessageEvent> {
    if (started) return
    started = true
    const promptTokens = event.type === 'prefill-progress' ? event.totalTokens : 0
    yield { type: 'message_start', message: newMessage(model, promptTokens) }
    yield { type: 'ping' }
  }
  function* openBlock(content_block: Block): Generator<MessageEvent> {
    yield* closeBlock()
    index++
    open = content_block.type
    yield { type: 'content_block_start', index, content_block }
  }
  function* closeBlock(): Generator<MessageEvent> {
    if (open === undefined) return
    if (open === 'thinking') yield grown({ type: 'signature_delta', signature: thinkingSignature })
    yield { type: 'content_block_stop', index }
    open = undefined
  }
  const grown = (delta: Delta): MessageEvent => ({ type: 'content_block_delta', index, delta })

  for await (const event of answer) {
    yield* start(event)
    switch (event.type) {
      case 'text-delta':
        if (event.text === '') break
        if (open !== 'text') yield* openBlock({ type: 'text', text: '' })
        yield grown({ type: 'text_delta', text: event.text })
        break
      case 'reasoning-delta':
        if (event.text === '') break
        if (open !== 'thinking') yield* openBlock({ type: 'thinking', thinking: '', signature: '' })
        yield grown({ type: 'thinking_delta', thinking: event.text })
        break
      case 'tool-call-start':
        yield* openBlock({ type: 'tool_use', id: event.id, name: event.name, input: {} })
        break
      case 'tool-call-delta':
        yield grown({ type: 'input_json_delta', partial_json: event.arguments })
        break
      case 'tool-call':
        yield* closeBlock()
        break
      case 'end':
        yield* closeBlock()
        yield { type: 'message_delta', delta: endingOf(event, room), usage: usageObject(event.usage) }
        yield { type: 'message_stop' }
        return
      default:
        break // A consumer ignores types that it doesn't know.
    }
  }
  throw new OstroError('device', 'messages: the engine ended the stream without an end event.')
}
