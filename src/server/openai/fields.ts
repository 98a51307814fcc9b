/** Fields that several endpoints of the OpenAI interface share, with their bounds, and what they become. */
import { z } from 'zod'
import type { GenerateOptions } from '../../util/generation.ts'
import { defaultSampling } from '../default-sampling.ts'
import { accepted, refused } from '../request-body.ts'

/** More tokens than any context here holds; an answer ends at the end of the context anyway. */
const mostTokens = 2 ** 20

export const tokenCount = z.int().min(1).max(mostTokens)
export const modelField = z.string().min(1).max(1000).nullish().describe('Default: the default model')

export const samplingFields = {
  temperature: z.number().min(0).max(2).nullish().describe('0 takes the most probable token'),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).max(mostTokens).nullish().describe('Extension: keeps the k most probable tokens; 0 is off'),
  min_p: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe('Extension: keeps tokens of at least this share of the greatest probability'),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  repetition_penalty: z.number().gt(0).max(10).nullish().describe('Extension: above 1 repeats less'),
  logit_bias: z
    .record(z.string().regex(/^\d{1,10}$/, 'expected token ids as keys'), z.number().min(-100).max(100))
    .refine((bias) => Object.keys(bias).length <= 1024, 'expected at most 1024 entries')
    .nullish(),
  seed: z.int().nullish().describe('Same seed, same prompt, same options: same text'),
  stop: z
    .union([z.string().min(1).max(1000), z.array(z.string().min(1).max(1000)).max(16)])
    .nullish()
    .describe('Up to 16 texts that end the answer and are not part of it'),
  n: z.int().min(1).max(8).nullish().describe('Answers to one prompt, at most 8'),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({
      include_usage: z.boolean().nullish(),
      include_obfuscation: z
        .literal(false, 'expected false: nothing is padded here')
        .nullish()
        .describe('This server pads nothing'),
    })
    .nullish(),
} as const

/** What clients send that changes nothing here. */
export const harmlessFields = {
  user: accepted(z.string()).describe('Accepted; not used'),
  safety_identifier: accepted(z.string()).describe('Accepted; not used'),
  metadata: accepted(z.record(z.string(), z.string())).describe('Accepted; not kept'),
  store: accepted(z.literal(false, 'expected false: this server keeps no answers')).describe('Nothing is kept'),
  service_tier: accepted(z.enum(['auto', 'default'])).describe('There is one tier'),
  prompt_cache_key: accepted(z.string()).describe('Accepted; prefixes are found without it'),
  prompt_cache_retention: refused('prefixes are kept as long as there is room'),
} as const

const heldBy = 'hold the answer to a form by response_format, whose types are json_schema, regex, choice and grammar'

/** What vLLM and llama.cpp call it, refused with its name here. */
export const foreignFields = {
  guided_json: refused(heldBy),
  guided_regex: refused(heldBy),
  guided_choice: refused(heldBy),
  guided_grammar: refused(heldBy),
  structured_outputs: refused(heldBy),
  json_schema: refused(heldBy),
  grammar: refused(heldBy),
  n_predict: refused('use max_tokens'),
  repeat_penalty: refused('use repetition_penalty'),
  min_tokens: refused('an answer ends where the model ends it'),
  ignore_eos: refused('an answer ends where the model ends it'),
  stop_token_ids: refused('use stop, with texts'),
  cache_prompt: accepted(z.literal(true, 'expected true: prefixes are always cached')),
} as const

export type SamplingBody = z.infer<z.ZodObject<typeof samplingFields>>

/** Sampling, stops and seed as the engine takes them; the choice of that index gets a seed of its own. */
export function generateOptions(body: SamplingBody, choice: number): GenerateOptions {
  const { temperature, top_p, top_k, min_p, stop, seed } = body
  const silent = [temperature, top_p, top_k, min_p].every((value) => value === undefined || value === null)
  return {
    ...(silent
      ? defaultSampling
      : {
          temperature: temperature ?? undefined,
          topP: top_p ?? undefined,
          topK: top_k ?? undefined,
          minP: min_p ?? undefined,
        }),
    presencePenalty: body.presence_penalty ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    repetitionPenalty: body.repetition_penalty ?? undefined,
    logitBias: logitBias(body.logit_bias),
    seed: seed === undefined || seed === null ? undefined : seed + choice,
    stop: stop === undefined || stop === null ? undefined : [stop].flat(),
  }
}

/** OpenAI's -100 is a ban. */
function logitBias(bias: SamplingBody['logit_bias']): Record<number, number> | undefined {
  if (bias === undefined || bias === null) return undefined
  return Object.fromEntries(
    Object.entries(bias).map(([token, value]) => [Number(token), value === -100 ? -Infinity : value]),
  )
}
