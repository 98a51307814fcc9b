/** Options of generation as the fields that OpenAI's interface has for them. */
import { OstroError } from '../util/error.ts'
import type { GenerateOptions } from '../util/generation.ts'
import type { Body } from './endpoint.ts'

/** Options that the interface has no field for; whoever gives one must hear that it would not be kept. */
const unknownThere = ['typicalP', 'epsilon', 'eta', 'noRepeatNgram', 'ignoreEnd', 'logprobs', 'tap'] as const

/** @throws OstroError `unsupported` for an option that the interface cannot say */
export function samplingBody(options: GenerateOptions): Body {
  const unsaid = unknownThere.find((name) => options[name] !== undefined && options[name] !== false)
  if (unsaid !== undefined) {
    throw new OstroError('unsupported', `remote: ${unsaid} cannot be asked of this server. Leave it out.`, {
      option: unsaid,
    })
  }
  const body = {
    temperature: options.temperature,
    top_k: options.topK,
    top_p: options.topP,
    min_p: options.minP,
    repetition_penalty: options.repetitionPenalty,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    logit_bias: options.logitBias,
    seed: options.seed,
    max_tokens: options.maxTokens,
    stop: options.stop,
  }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
