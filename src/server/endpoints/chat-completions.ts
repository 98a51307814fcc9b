/** POST /v1/chat/completions: answers to a conversation, whole or as a stream, with tools, schemas and log-probabilities. */
import { z } from 'zod'
import type { JsonValue } from '../../chat/index.ts'
import type { ChatOptions, EndEvent } from '../../tools/chat-model.ts'
import { badRequest } from '../api-error.ts'
import { defineEndpoint } from '../endpoint.ts'
import {
  chatLogprobs,
  type ChoiceEvent,
  type CollectedAnswer,
  collectAnswer,
  finishReason,
  interleave,
  logprobsObject,
  timingsObject,
  timingsOf,
  usageObject,
  usageOf,
} from '../openai/answer.ts'
import {
  foreignFields,
  generateOptions,
  harmlessFields,
  modelField,
  samplingFields,
  tokenCount,
} from '../openai/fields.ts'
import { chatMessages, messagesField } from '../openai/messages.ts'
import { outputFormat, responseFormatField } from '../openai/response-format.ts'
import { tapField, tapObject, tapOf } from '../openai/taps.ts'
import { toolFields, toolOptions } from '../openai/tools.ts'
import { accepted, refused } from '../request-body.ts'
import type { Frame } from '../stream-response.ts'

const body = z
  .strictObject({
    model: modelField,
    messages: messagesField,
    ...samplingFields,
    ...toolFields,
    max_tokens: tokenCount.nullish(),
    max_completion_tokens: tokenCount.nullish(),
    response_format: responseFormatField,
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    reasoning_effort: z
      .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])
      .nullish()
      .describe('Given to the chat template as reasoning_effort, and none as enable_thinking: false'),
    chat_template_kwargs: z
      .record(z.string(), z.json())
      .nullish()
      .describe('Extension: variables that the chat template reads'),
    tool_format: z
      .enum(['native', 'universal'])
      .nullish()
      .describe(
        "Extension: calls in the notation of the model's own template, or in the one that every model can be held to",
      ),
    tap: tapField,
    modalities: z.array(z.literal('text', 'not supported: anything but text')).nullish(),
    verbosity: z.literal('medium', 'not supported: a verbosity other than medium').nullish(),
    ...harmlessFields,
    ...foreignFields,
    best_of: refused('use n'),
    add_generation_prompt: accepted(z.literal(true, 'expected true: what is sent is answered')),
    audio: refused('this server speaks in text'),
    prediction: refused('predicted outputs'),
    web_search_options: refused('this server searches nothing; give it a tool'),
    functions: refused('use tools'),
    function_call: refused('use tool_choice'),
    moderation: refused('this server does not moderate'),
  })
  .meta({ id: 'CreateChatCompletionRequest' })

type Body = z.infer<typeof body>

const callObject = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
})
const finishReasons = z.enum(['stop', 'length', 'tool_calls'])

const completionObject = z
  .strictObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        message: z.strictObject({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.null(),
          reasoning_content: z.string().optional(),
          tool_calls: z.array(callObject).min(1).optional(),
        }),
        logprobs: logprobsObject.nullable(),
        finish_reason: finishReasons,
      }),
    ),
    usage: usageObject,
    timings: timingsObject,
    taps: z.array(tapObject).optional(),
  })
  .meta({ id: 'ChatCompletion' })

const deltaObject = z.strictObject({
  role: z.literal('assistant').optional(),
  content: z.string().nullish(),
  refusal: z.null().optional(),
  reasoning_content: z.string().optional(),
  tool_calls: z
    .array(
      z.strictObject({
        index: z.int(),
        id: z.string().min(1).optional(),
        type: z.literal('function').optional(),
        function: z.strictObject({ name: z.string().min(1).optional(), arguments: z.string() }),
      }),
    )
    .optional(),
})

const chunkObject = z
  .strictObject({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        delta: deltaObject,
        logprobs: logprobsObject.nullable().optional(),
        finish_reason: finishReasons.nullable(),
      }),
    ),
    usage: usageObject.nullish(),
    timings: timingsObject.optional(),
    tap: tapObject.optional().describe('Extension: stands in a chunk of its own, without choices'),
  })
  .meta({ id: 'ChatCompletionChunk' })

type Chunk = z.infer<typeof chunkObject>
type Delta = z.infer<typeof deltaObject>

export const chatCompletions = defineEndpoint({
  method: 'post',
  path: '/v1/chat/completions',
  summary: 'Answers to a conversation',
  family: 'openai',
  promptField: 'messages',
  body,
  answer: { json: completionObject, events: chunkObject },
  handle: async (context, request) => {
    const options = chatOptions(request)
    const messages = chatMessages(request.messages)
    const use = await context.useModel(request.model ?? undefined)
    const answers = await Promise.all(
      Array.from({ length: request.n ?? 1 }, (_, choice) =>
        context.begin(
          use,
          use.model.chat(messages, { ...options, ...generateOptions(request, choice), ...use.options }),
        ),
      ),
    )
    const frame = {
      id: `chatcmpl-${crypto.randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1000),
      model: use.id,
    }
    if (request.stream === true) return context.stream(chunkFrames(interleave(answers), request, frame))
    const collected = await Promise.all(answers.map(collectAnswer))
    return Response.json(completion(collected, request, frame))
  },
})

/** Everything but sampling, which differs between choices. @throws ApiError 400 */
function chatOptions(request: Body): ChatOptions {
  const { max_tokens, max_completion_tokens, top_logprobs, logprobs, reasoning_effort } = request
  if (max_tokens && max_completion_tokens && max_tokens !== max_completion_tokens) {
    throw badRequest('max_tokens: it contradicts max_completion_tokens. Send one of them.', 'max_tokens')
  }
  if (top_logprobs && logprobs !== true) {
    throw badRequest('top_logprobs: it needs logprobs: true.', 'top_logprobs')
  }
  if (request.stream_options && request.stream !== true) {
    throw badRequest('stream_options: it needs stream: true.', 'stream_options')
  }
  const effort = reasoning_effort ? { reasoning_effort, enable_thinking: reasoning_effort !== 'none' } : {}
  const variables = { ...effort, ...request.chat_template_kwargs } as Record<string, JsonValue>
  return {
    ...toolOptions(request),
    toolFormat: request.tool_format ?? undefined,
    maxTokens: max_completion_tokens ?? max_tokens ?? undefined,
    format: outputFormat(request.response_format),
    tap: request.tap ?? undefined,
    logprobs: logprobs === true ? (top_logprobs ?? 0) : undefined,
    templateVariables: Object.keys(variables).length === 0 ? undefined : variables,
  }
}

type AnswerFrame = Pick<Chunk, 'id' | 'created' | 'model'>

function completion(
  answers: readonly CollectedAnswer[],
  request: Body,
  frame: AnswerFrame,
): z.infer<typeof completionObject> {
  return {
    ...frame,
    object: 'chat.completion',
    choices: answers.map(({ text, reasoning, calls, logprobs, end }, index) => ({
      index,
      message: {
        role: 'assistant',
        content: text === '' && calls.length > 0 ? null : text,
        refusal: null,
        ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map((call) => ({
                id: call.id,
                type: 'function' as const,
                function: { name: call.name, arguments: call.arguments },
              })),
            }),
      },
      logprobs: request.logprobs === true ? chatLogprobs(logprobs ?? [], request.top_logprobs ?? 0) : null,
      finish_reason: finishReason(end.reason),
    })),
    usage: usageOf(
      answers.map(({ end }) => end),
      answers.length,
    ),
    timings: timingsOf(answers[0].end),
    ...(request.tap ? { taps: answers.flatMap(({ taps }, index) => taps.map((tap) => tapOf(tap, index))) } : {}),
  }
}

async function* chunkFrames(
  events: AsyncIterable<ChoiceEvent>,
  request: Body,
  frame: AnswerFrame,
): AsyncGenerator<Frame> {
  const ends: EndEvent[] = []
  const withUsage = request.stream_options?.include_usage === true
  const chunk = (choices: Chunk['choices'], more: Partial<Chunk> = {}): Frame => ({
    data: {
      ...frame,
      object: 'chat.completion.chunk',
      choices,
      ...(withUsage ? { usage: null } : {}),
      ...more,
    } satisfies Chunk,
  })
  const choices = request.n ?? 1
  for (let index = 0; index < choices; index++) {
    yield chunk([{ index, delta: { role: 'assistant', content: '', refusal: null }, finish_reason: null }])
  }
  for await (const { choice: index, event } of events) {
    if (event.type === 'end') {
      ends[index] = event
      const delta = { index, delta: {}, finish_reason: finishReason(event.reason) }
      yield chunk([delta], { timings: timingsOf(event) })
      continue
    }
    if (event.type === 'tap') {
      yield chunk([], { tap: tapOf(event, index) })
      continue
    }
    const delta = deltaOf(event)
    if (delta === undefined) continue
    const logprobs =
      event.type === 'text-delta' && event.logprobs !== undefined
        ? { logprobs: chatLogprobs(event.logprobs, request.top_logprobs ?? 0) }
        : {}
    yield chunk([{ index, delta, ...logprobs, finish_reason: null }])
  }
  if (withUsage) yield chunk([], { usage: usageOf(ends, choices) })
  yield { data: '[DONE]' }
}

function deltaOf(event: Exclude<ChoiceEvent['event'], { type: 'end' | 'tap' }>): Delta | undefined {
  switch (event.type) {
    case 'text-delta':
      return { content: event.text }
    case 'reasoning-delta':
      return { reasoning_content: event.text }
    case 'tool-call-start': {
      const { index, id, name } = event
      return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }
    }
    case 'tool-call-delta':
      return { tool_calls: [{ index: event.index, function: { arguments: event.arguments } }] }
    case 'tool-call':
    case 'prefill-progress':
      return undefined
    default:
      return event satisfies never
  }
}
