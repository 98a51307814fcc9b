/** POST /v1/completions: continuations of texts, or what belongs between two, without any chat template. */
import { z } from 'zod'
import type { ChatEvent, EndEvent } from '../../tools/chat-model.ts'
import { badRequest } from '../api-error.ts'
import { defineEndpoint } from '../endpoint.ts'
import {
  type ChoiceEvent,
  collectAnswer,
  interleave,
  type TextLogprobs,
  usageObject,
  usageOf,
} from '../openai/answer.ts'
import { foreignFields, generateOptions, harmlessFields, modelField, samplingFields } from '../openai/fields.ts'
import { completionLogprobs, completionLogprobsObject, joinLogprobs } from '../openai/completion-logprobs.ts'
import { promptLogprobs } from '../openai/prompt-logprobs.ts'
import { outputFormat, responseFormatField } from '../openai/response-format.ts'
import { refused } from '../request-body.ts'
import type { ModelUse } from '../request-context.ts'
import type { Frame } from '../stream-response.ts'

const tokenIds = z
  .array(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  )
  .min(1)
  .max(2 ** 20)
/** What the interface says where `max_tokens` is absent. */
const defaultMaxTokens = 16
const mostPrompts = 64
/** They are computed side by side in the place of one request. */
const mostAnswers = 64

const body = z
  .strictObject({
    model: modelField,
    prompt: z.union([
      z.string(),
      z.array(z.string()).min(1).max(mostPrompts),
      tokenIds,
      z.array(tokenIds).min(1).max(mostPrompts),
    ]),
    suffix: z.string().min(1).nullish().describe('The text that follows; for models that fill in the middle'),
    max_tokens: z
      .int()
      .min(0)
      .max(2 ** 20)
      .nullish()
      .describe(`Default ${defaultMaxTokens}; 0 only with echo`),
    echo: z.boolean().nullish().describe('The answer begins with the prompt'),
    logprobs: z.int().min(0).max(20).nullish(),
    best_of: z.int().min(1).max(8).nullish().describe('Must be equal to n'),
    response_format: responseFormatField.describe('Extension'),
    ...samplingFields,
    ...harmlessFields,
    ...foreignFields,
  })
  .extend({ moderation: refused('this server does not moderate') })
  .meta({ id: 'CreateCompletionRequest' })

type Body = z.infer<typeof body>

const choiceObject = z.strictObject({
  text: z.string(),
  index: z.int(),
  logprobs: completionLogprobsObject.nullable(),
  finish_reason: z.enum(['stop', 'length']).nullable(),
})
const completionObject = z
  .strictObject({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(choiceObject),
    usage: usageObject.nullish(),
  })
  .meta({ id: 'Completion' })

type Completion = z.infer<typeof completionObject>
type Choice = z.infer<typeof choiceObject>

/** What an answer begins with: the prompt, where `echo` asks for it. */
interface Echo {
  readonly text: string
  readonly logprobs: ReturnType<typeof completionLogprobs> | undefined
}

export const completions = defineEndpoint({
  method: 'post',
  path: '/v1/completions',
  summary: 'Continuations of a text',
  family: 'openai',
  promptField: 'prompt',
  body,
  answer: { json: completionObject, events: completionObject },
  handle: async (context, request) => {
    checkCombinations(request)
    const use = await context.useModel(request.model ?? undefined)
    const prompts = promptsOf(request.prompt)
    const perPrompt = request.n ?? 1
    const echoes = await Promise.all(prompts.map((prompt) => echoOf(prompt, request, use, context.signal)))
    const answers = await Promise.all(
      prompts.flatMap((prompt) =>
        Array.from({ length: perPrompt }, (_, choice) =>
          context.begin(use, continuation(prompt, request, choice, use)),
        ),
      ),
    )
    const frame = {
      id: `cmpl-${crypto.randomUUID().replaceAll('-', '')}`,
      object: 'text_completion' as const,
      created: Math.floor(Date.now() / 1000),
      model: use.id,
    }
    const echoAt = (index: number): Echo | undefined => echoes[Math.floor(index / perPrompt)]
    if (request.stream === true) {
      return context.stream(chunkFrames(interleave(answers), { request, frame, echoAt, answers: answers.length }))
    }
    const collected = await Promise.all(answers.map(collectAnswer))
    return Response.json({
      ...frame,
      choices: collected.map(({ text, logprobs, end }, index) => {
        const echo = echoAt(index)
        return {
          text: (echo?.text ?? '') + text,
          index,
          logprobs: joinLogprobs(echo?.logprobs, textLogprobs(logprobs, request, echo?.text.length ?? 0)) ?? null,
          finish_reason: end.reason === 'length' ? 'length' : 'stop',
        }
      }),
      usage: usageOf(
        collected.map(({ end }) => end),
        perPrompt,
      ),
    } satisfies Completion)
  },
})

type Prompt = string | readonly number[]

/** @throws ApiError 400 */
function checkCombinations(request: Body): void {
  const answers = promptsOf(request.prompt).length * (request.n ?? 1)
  if (answers > mostAnswers) {
    throw badRequest(`n: ${answers} answers (prompts times n) are asked for, at most ${mostAnswers} may be.`, 'n')
  }
  const { n, best_of, echo, max_tokens, suffix, stream_options, stream } = request
  if (best_of && best_of !== (n ?? 1)) {
    throw badRequest('best_of: not supported: more than n answers. Leave it out.', 'best_of', 'unsupported_parameter')
  }
  if (max_tokens === 0 && echo !== true) {
    throw badRequest('max_tokens: 0 needs echo: true.', 'max_tokens')
  }
  if (suffix && typeof request.prompt !== 'string') {
    throw badRequest('suffix: it needs one prompt that is a text.', 'suffix')
  }
  if (suffix && echo === true) throw badRequest('echo: not supported with suffix.', 'echo', 'unsupported_parameter')
  if (stream_options && stream !== true) throw badRequest('stream_options: it needs stream: true.', 'stream_options')
}

function promptsOf(prompt: Body['prompt']): readonly Prompt[] {
  if (typeof prompt === 'string') return [prompt]
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as readonly Prompt[])
}

function continuation(prompt: Prompt, request: Body, choice: number, use: ModelUse): AsyncIterable<ChatEvent> {
  const options = {
    ...generateOptions(request, choice),
    maxTokens: request.max_tokens ?? defaultMaxTokens,
    format: outputFormat(request.response_format),
    logprobs: request.logprobs ?? undefined,
    ...use.options,
  }
  if (request.max_tokens === 0) return nothing(prompt, use)
  if (request.suffix) return infillEvents(use, prompt as string, request.suffix, options)
  return use.model.stream(prompt, options)
}

/** No token at all: what remains is the prompt's echo. */
async function* nothing(prompt: Prompt, { model }: ModelUse): AsyncGenerator<ChatEvent> {
  const promptTokens = typeof prompt === 'string' ? (await model.tokenize(prompt)).length : prompt.length
  yield {
    type: 'end',
    reason: 'length',
    usage: { promptTokens, cachedTokens: 0, generatedTokens: 0 },
    timings: { waitMs: 0, prefillMs: 0, decodeMs: 0 },
    seed: 0,
  }
}

async function* infillEvents(
  { model }: ModelUse,
  before: string,
  after: string,
  options: Parameters<ModelUse['model']['infill']>[2],
): AsyncGenerator<ChatEvent> {
  const { text, logprobs, ...end } = await model.infill(before, after, options)
  yield { type: 'text-delta', text, ...(logprobs === undefined ? {} : { logprobs }) }
  yield { type: 'end', ...end }
}

async function echoOf(
  prompt: Prompt,
  { echo, logprobs }: Body,
  { model }: ModelUse,
  signal: AbortSignal,
): Promise<Echo | undefined> {
  if (echo !== true) return undefined
  const text = typeof prompt === 'string' ? prompt : await model.detokenize(prompt)
  if (logprobs === undefined || logprobs === null) return { text, logprobs: undefined }
  const tokens = typeof prompt === 'string' ? await model.tokenize(prompt) : prompt
  return { text, logprobs: await promptLogprobs(model, tokens, logprobs, signal) }
}

function textLogprobs(logprobs: TextLogprobs | undefined, request: Body, offset: number) {
  if (request.logprobs === undefined || request.logprobs === null) return undefined
  return completionLogprobs(logprobs ?? [], request.logprobs, offset)
}

interface StreamParts {
  readonly request: Body
  readonly frame: Omit<Completion, 'choices' | 'usage'>
  readonly echoAt: (index: number) => Echo | undefined
  readonly answers: number
}

async function* chunkFrames(
  events: AsyncGenerator<ChoiceEvent>,
  { request, frame, echoAt, answers }: StreamParts,
): AsyncGenerator<Frame> {
  const withUsage = request.stream_options?.include_usage === true
  const chunk = (choices: Choice[], usage: Completion['usage'] = null): Frame => ({
    data: { ...frame, choices, ...(withUsage ? { usage } : {}) } satisfies Completion,
  })
  const ends: EndEvent[] = []
  const lengths: number[] = []
  for (let index = 0; index < answers; index++) {
    const echo = echoAt(index)
    lengths[index] = echo?.text.length ?? 0
    if (echo !== undefined) {
      yield chunk([{ text: echo.text, index, logprobs: echo.logprobs ?? null, finish_reason: null }])
    }
  }
  for await (const { choice: index, event } of events) {
    if (event.type === 'text-delta') {
      const logprobs = textLogprobs(event.logprobs, request, lengths[index]) ?? null
      lengths[index] += event.text.length
      yield chunk([{ text: event.text, index, logprobs, finish_reason: null }])
    } else if (event.type === 'end') {
      ends[index] = event
      const finish_reason = event.reason === 'length' ? 'length' : 'stop'
      yield chunk([{ text: '', index, logprobs: null, finish_reason }])
    }
  }
  if (withUsage) yield chunk([], usageOf(ends, request.n ?? 1))
  yield { data: '[DONE]' }
}
