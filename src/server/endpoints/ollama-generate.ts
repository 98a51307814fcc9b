/** POST /api/generate (Ollama): the answer to one prompt, its continuation, or what belongs between it and a suffix. */
import { z } from 'zod'
import type { ChatEvent, ChatMessage, ChatOptions } from '../../tools/chat-model.ts'
import { badRequest } from '../api-error.ts'
import { defineEndpoint } from '../endpoint.ts'
import { generateLine, generateLineOf, loadedHead, type Piece, piecesOf, wholePiece } from '../ollama/answer.ts'
import { imagesField } from '../ollama/conversation.ts'
import { answerFields, chatOptionsOf, checkContext, keepModel } from '../ollama/options.ts'
import { modelField } from '../openai/fields.ts'
import { refused } from '../request-body.ts'
import type { ServedModel } from '../served-model.ts'
import type { Frame } from '../stream-response.ts'

const makesText = 'this server makes text only'

const body = z
  .strictObject({
    model: modelField,
    prompt: z.string().nullish(),
    suffix: z.string().nullish().describe('What follows the answer, for models that fill in the middle'),
    system: z.string().nullish(),
    raw: z.boolean().nullish().describe('Continues the prompt as it is; default for base models'),
    ...answerFields,
    images: imagesField,
    template: refused("the model's own template is used; raw takes a prompt as it is"),
    context: refused('send the conversation to /api/chat'),
    width: refused(makesText),
    height: refused(makesText),
    steps: refused(makesText),
  })
  .meta({ id: 'OllamaGenerateRequest' })

export const ollamaGenerate = defineEndpoint({
  method: 'post',
  path: '/api/generate',
  summary: "The answer to a prompt (Ollama's)",
  family: 'ollama',
  promptField: 'prompt',
  body,
  answer: { json: generateLine, events: generateLine, mediaType: 'application/x-ndjson' },
  handle: async (context, request) => {
    const options = chatOptionsOf(request)
    const use = await context.useModel(request.model ?? undefined)
    checkContext(request.options, use.model)
    keepModel(use, request.keep_alive)
    if (!request.prompt) return Response.json({ ...loadedHead(use.id, request.keep_alive), response: '' })
    const answer = await context.begin(use, answerOf(use.model, request, { ...options, ...use.options }))
    const top = request.top_logprobs ?? 0
    if (request.stream === false) return Response.json(generateLineOf(use.id, await wholePiece(piecesOf(answer)), top))
    return context.stream(lines(piecesOf(answer), use.id, top), 'ndjson')
  },
})

/** @throws ApiError 400 for a system text where there is no conversation to put it into */
function answerOf(
  model: ServedModel,
  { prompt, suffix, system, raw }: z.infer<typeof body>,
  options: ChatOptions,
): AsyncIterable<ChatEvent> {
  const isPlain = Boolean(suffix) || (raw ?? model.info.kind === 'base')
  if (isPlain && system) {
    throw badRequest(
      'system: a prompt that is continued as it is has no place for it. Write it into the prompt.',
      'system',
    )
  }
  if (suffix) return infilled(model, prompt ?? '', suffix, options)
  if (isPlain) return model.stream(prompt ?? '', options)
  const messages: ChatMessage[] = [{ role: 'user', content: prompt ?? '' }]
  return model.chat(system ? [{ role: 'system', content: system }, ...messages] : messages, options)
}

/** The engine fills in the middle in one go. */
async function* infilled(
  model: ServedModel,
  before: string,
  after: string,
  options: ChatOptions,
): AsyncGenerator<ChatEvent> {
  const { text, logprobs, taps = [], ...end } = await model.infill(before, after, options)
  yield* taps
  yield { type: 'text-delta', text, ...(logprobs ? { logprobs } : {}) }
  yield { type: 'end', ...end }
}

async function* lines(pieces: AsyncIterable<Piece>, model: string, top: number): AsyncGenerator<Frame> {
  for await (const piece of pieces) yield { data: generateLineOf(model, piece, top) }
}
