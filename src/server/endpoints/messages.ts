/** POST /v1/messages (Anthropic): answers as content blocks, whole or as a stream of events; and how long a prompt is. */
import { z } from 'zod'
import { messagesOf } from '../anthropic/conversation.ts'
import {
  type Block,
  endingOf,
  messageEvent,
  type MessageObject,
  messageObject,
  newMessage,
  thinkingSignature,
  usageObject,
} from '../anthropic/message-body.ts'
import { messageEvents, type MessageOptions } from '../anthropic/message-events.ts'
import { chatOptionsOf, countTokensBody, createMessageBody, promptOptionsOf } from '../anthropic/request.ts'
import { defineEndpoint } from '../endpoint.ts'
import { type CollectedAnswer, collectAnswer } from '../openai/answer.ts'
import { promptTokens } from '../prompt-tokens.ts'
import type { Frame } from '../stream-response.ts'

export const createMessage = defineEndpoint({
  method: 'post',
  path: '/v1/messages',
  summary: 'An answer as content blocks (Anthropic)',
  family: 'anthropic',
  promptField: 'messages',
  body: createMessageBody,
  answer: { json: messageObject, events: messageEvent },
  handle: async (context, body) => {
    const options = chatOptionsOf(body)
    const messages = messagesOf(body)
    const use = await context.useModel(body.model ?? undefined)
    const answer = await context.begin(use, use.model.chat(messages, { ...options, ...use.options }))
    const made = { model: use.id, maxTokens: body.max_tokens, contextTokens: use.model.info.contextTokens }
    if (body.stream === true) return context.stream(frames(messageEvents(answer, made)))
    return Response.json(wholeMessage(await collectAnswer(answer), made))
  },
})

export const countMessageTokens = defineEndpoint({
  method: 'post',
  path: '/v1/messages/count_tokens',
  summary: 'How many tokens a prompt has (Anthropic)',
  family: 'anthropic',
  promptField: 'messages',
  body: countTokensBody,
  answer: { json: z.strictObject({ input_tokens: z.int() }) },
  handle: async (context, body) => {
    const options = promptOptionsOf(body)
    const messages = messagesOf(body)
    const { model } = await context.useModel(body.model ?? undefined)
    return Response.json({ input_tokens: await promptTokens(model, messages, options) })
  },
})

/** Calls that were cut off are left out: a block's input is whole and valid. */
function wholeMessage({ text, reasoning, calls, end }: CollectedAnswer, made: MessageOptions): MessageObject {
  const content: Block[] = []
  if (reasoning !== '') content.push({ type: 'thinking', thinking: reasoning, signature: thinkingSignature })
  if (text !== '') content.push({ type: 'text', text })
  for (const { id, name, arguments: input } of calls) {
    content.push({ type: 'tool_use', id, name, input: JSON.parse(input) as Record<string, unknown> })
  }
  const ending = endingOf(end, made)
  return { ...newMessage(made.model, 0), content, ...ending, usage: usageObject(end.usage) }
}

async function* frames(events: ReturnType<typeof messageEvents>): AsyncGenerator<Frame> {
  for await (const data of events) yield { event: data.type, data }
}
