/** POST /api/chat (Ollama): answers to a conversation, line by line unless the request says otherwise. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { chatLine, chatLineOf, loadedHead, type Piece, piecesOf, wholePiece } from '../ollama/answer.ts'
import { messagesField, messagesOf, toolsField, toolsOf } from '../ollama/conversation.ts'
import { answerFields, chatOptionsOf, checkContext, keepModel } from '../ollama/options.ts'
import { modelField } from '../openai/fields.ts'
import { checkedTools } from '../openai/tools.ts'
import type { Frame } from '../stream-response.ts'

const body = z
  .strictObject({ model: modelField, messages: messagesField, tools: toolsField, ...answerFields })
  .meta({ id: 'OllamaChatRequest' })

export const ollamaChat = defineEndpoint({
  method: 'post',
  path: '/api/chat',
  summary: "An answer to a conversation (Ollama's)",
  family: 'ollama',
  promptField: 'messages',
  body,
  answer: { json: chatLine, events: chatLine, mediaType: 'application/x-ndjson' },
  handle: async (context, request) => {
    const messages = messagesOf(request.messages)
    const options = {
      ...chatOptionsOf(request),
      ...checkedTools(toolsOf(request.tools), undefined, undefined),
    }
    const use = await context.useModel(request.model ?? undefined)
    checkContext(request.options, use.model)
    keepModel(use, request.keep_alive)
    if (messages.length === 0) {
      return Response.json({ ...loadedHead(use.id, request.keep_alive), message: { role: 'assistant', content: '' } })
    }
    const answer = await context.begin(use, use.model.chat(messages, { ...options, ...use.options }))
    const top = request.top_logprobs ?? 0
    if (request.stream === false) return Response.json(chatLineOf(use.id, await wholePiece(piecesOf(answer)), top))
    return context.stream(lines(piecesOf(answer), use.id, top), 'ndjson')
  },
})

async function* lines(pieces: AsyncIterable<Piece>, model: string, top: number): AsyncGenerator<Frame> {
  for await (const piece of pieces) yield { data: chatLineOf(model, piece, top) }
}
