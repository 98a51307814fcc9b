/** Fields that Ollama's endpoints share: sampling under `options`, the form of the answer, thinking. */
import { z } from 'zod'
import type { JsonValue } from '../../chat/index.ts'
import type { ChatOptions } from '../../tools/chat-model.ts'
import type { OutputFormat } from '../../util/generation.ts'
import { badRequest } from '../api-error.ts'
import { generateOptions, samplingFields } from '../openai/fields.ts'
import { tapField } from '../openai/taps.ts'
import { schemaObject } from '../openai/tools.ts'
import { accepted, refused } from '../request-body.ts'
import type { ModelUse } from '../request-context.ts'
import type { ServedModel } from '../served-model.ts'

const atLoad = 'decided when the model is loaded'
const otherSampler = 'this sampler is not here; use top_p or min_p'

export const optionsField = z
  .strictObject({
    num_predict: z
      .int()
      .min(-2)
      .max(2 ** 20)
      .nullish()
      .describe('-1 and -2: to the end of the context'),
    num_ctx: z
      .int()
      .min(1)
      .max(2 ** 31)
      .nullish()
      .describe('At most what the model was loaded with'),
    temperature: samplingFields.temperature,
    top_k: samplingFields.top_k,
    top_p: samplingFields.top_p,
    min_p: samplingFields.min_p,
    typical_p: z.number().gt(0).max(1).nullish(),
    seed: samplingFields.seed,
    stop: samplingFields.stop,
    repeat_penalty: samplingFields.repetition_penalty,
    presence_penalty: samplingFields.presence_penalty,
    frequency_penalty: samplingFields.frequency_penalty,
    repeat_last_n: z.literal(-1, 'not supported: penalties look at the whole context, which is -1').nullish(),
    num_keep: accepted(z.int()).describe('Nothing is ever cut from a conversation'),
    mirostat: z.literal(0, `not supported: ${otherSampler}`).nullish(),
    mirostat_tau: refused(otherSampler),
    mirostat_eta: refused(otherSampler),
    tfs_z: z.literal(1, `not supported: ${otherSampler}`).nullish(),
    penalize_newline: refused('use repeat_penalty'),
    numa: refused(atLoad),
    num_batch: refused(atLoad),
    num_gpu: refused(atLoad),
    main_gpu: refused(atLoad),
    low_vram: refused(atLoad),
    f16_kv: refused(atLoad),
    use_mmap: refused(atLoad),
    use_mlock: refused(atLoad),
    num_thread: refused(atLoad),
    vocab_only: refused(atLoad),
    embedding_only: refused(atLoad),
    logits_all: refused(atLoad),
  })
  .nullish()

/** Go's way of writing a time. */
const duration = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/
const durationParts = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g
const millisecondsOf = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3600e3 } as const

/** Twelve days; who wants more says -1. */
const mostSeconds = 2 ** 20
const tooLong = `expected at most ${mostSeconds} seconds, or -1`

function isShortEnough(milliseconds: number): boolean {
  return milliseconds <= mostSeconds * 1000
}

/** In milliseconds; below zero means for ever. */
export const keepAliveField = z
  .union([
    z
      .number()
      .min(-1)
      .max(mostSeconds)
      .transform((seconds) => seconds * 1000),
    z
      .string()
      .regex(/^-/)
      .transform(() => -1),
    z
      .string()
      .regex(/^\d+$/)
      .transform((seconds) => Number(seconds) * 1000)
      .refine(isShortEnough, tooLong),
    z
      .string()
      .regex(duration, 'expected seconds or a time such as 5m; 0 unloads the model, -1 keeps it')
      .transform(parseDuration)
      .refine(isShortEnough, tooLong),
  ])
  .nullish()
  .describe(
    'How long the model stays in memory after the answer, in seconds or such as 5m; 0: not at all, below 0: for ever',
  )

function parseDuration(text: string): number {
  const parts = [...text.matchAll(durationParts)]
  return parts.reduce((total, [, value, unit]) => total + Number(value) * millisecondsOf[unit as 's'], 0)
}

export function keepModel(use: ModelUse, keepAlive: z.infer<typeof keepAliveField>): void {
  if (keepAlive !== undefined && keepAlive !== null) use.keepFor(keepAlive < 0 ? Infinity : keepAlive)
}

export const answerFields = {
  stream: z.boolean().nullish().describe('Default true'),
  format: z.union([z.enum(['json', '']), schemaObject]).nullish(),
  options: optionsField,
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high'])]).nullish(),
  tap: tapField,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  keep_alive: keepAliveField,
} as const

export type AnswerBody = z.infer<z.ZodObject<typeof answerFields>>

export function chatOptionsOf(body: AnswerBody): ChatOptions {
  const { options, think } = body
  const variables = thinkVariables(think)
  return {
    ...generateOptions({ ...options, repetition_penalty: options?.repeat_penalty }, 0),
    typicalP: options?.typical_p ?? undefined,
    maxTokens: options?.num_predict && options.num_predict > 0 ? options.num_predict : undefined,
    format: formatOf(body.format),
    tap: body.tap ?? undefined,
    logprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
    ...(variables ? { templateVariables: variables } : {}),
  }
}

/** @throws ApiError 400 where more context is asked for than the model has */
export function checkContext(options: z.infer<typeof optionsField>, { info }: ServedModel): void {
  const wanted = options?.num_ctx ?? 0
  if (wanted <= info.contextTokens) return
  throw badRequest(
    `options.num_ctx: the model is loaded with a context of ${info.contextTokens} tokens, not ${wanted}. Start the server with a larger one.`,
    'options.num_ctx',
  )
}

function formatOf(format: AnswerBody['format']): OutputFormat | undefined {
  if (!format) return undefined
  return format === 'json' ? { type: 'json', object: true } : { type: 'json-schema', schema: format as JsonValue }
}

function thinkVariables(think: AnswerBody['think']): { readonly [name: string]: JsonValue } | undefined {
  if (think === undefined || think === null) return undefined
  if (typeof think === 'boolean') return { enable_thinking: think }
  return { enable_thinking: true, reasoning_effort: think }
}
