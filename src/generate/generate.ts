/**
 * From a prompt to tokens and text: reuse what the sequence already holds, prefill the rest in chunks, then step until an
 * end. Knows no template and no tool: token ids in, events out.
 */
import { breathe } from '../util/breathe.ts'
import { OstroError } from '../util/error.ts'
import type { EndReason, GenerateOptions, Logprobs, Usage } from '../util/generation.ts'
import { logprobsOf } from './logprobs.ts'
import { createSampler } from './sampler.ts'
import { argmax } from './select.ts'
import { commonPrefix, type Stepper } from './stepper.ts'
import { createStopMatcher } from './stop.ts'

/** How generation sees a tokenizer. */
export interface TextStream {
  /** Takes a token, answers the text that is complete now (never half a character). */
  readonly push: (token: number) => string
  /** What is still open at the end. */
  readonly flush: () => string
}

export interface GenerateInput {
  readonly stepper: Stepper
  readonly prompt: readonly number[]
  readonly text: TextStream
  /** Tokens that end the answer. */
  readonly endTokens: ReadonlySet<number>
}

export type GenerateEvent =
  | { readonly type: 'prefill'; readonly doneTokens: number; readonly totalTokens: number }
  | { readonly type: 'token'; readonly token: number; readonly text: string; readonly logprobs?: Logprobs }
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'end'
      readonly reason: EndReason
      readonly usage: Usage
    }

/**
 * Generates until an end token, a stop string, `maxTokens`, a full context or the signal. One `token` event per token (its
 * `text` may be empty while a character or a stop string is incomplete), `text` for what is left over, and one `end`.
 *
 * @throws OstroError `context-overflow` when the prompt leaves no room for a single token; `invalid-argument` for an empty
 * prompt or an option out of range.
 */
export async function* generate(input: GenerateInput, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
  const { stepper, prompt, text, endTokens } = input
  const { signal } = options
  checkPrompt(prompt, stepper)
  const maxTokens = checkCount('maxTokens', options.maxTokens, Infinity)
  const logprobCount = options.logprobs === undefined ? undefined : checkCount('logprobs', options.logprobs, 1000)
  const choose = createChooser(options)
  const stops = createStopMatcher(options.stop ?? [])
  const previous = [...prompt]
  const cachedTokens = rewind(stepper, prompt)
  let generatedTokens = 0
  const end = (reason: EndReason): GenerateEvent => {
    return { type: 'end', reason, usage: { promptTokens: prompt.length, cachedTokens, generatedTokens } }
  }

  let logits: Float32Array | undefined
  for (let from = cachedTokens; from < prompt.length; from += stepper.chunkTokens) {
    await breathe()
    if (signal?.aborted) return yield end('aborted')
    const to = Math.min(from + stepper.chunkTokens, prompt.length)
    logits = stepper.run(prompt.slice(from, to), to === prompt.length)
    yield { type: 'prefill', doneTokens: to - cachedTokens, totalTokens: prompt.length - cachedTokens }
  }

  let reason: EndReason = 'length'
  let stopped = false
  while (generatedTokens < maxTokens && logits !== undefined) {
    const token = choose(logits, previous)
    if (endTokens.has(token) && options.ignoreEnd !== true) {
      reason = 'stop'
      break
    }
    generatedTokens++
    previous.push(token)
    const shown = stops.push(text.push(token))
    const event = { type: 'token' as const, token, text: shown.text }
    yield logprobCount === undefined ? event : { ...event, logprobs: logprobsOf(logits, token, logprobCount) }
    if (shown.stopped) {
      reason = 'stop'
      stopped = true
      break
    }
    if (generatedTokens >= maxTokens || previous.length >= stepper.contextTokens) break
    await breathe()
    if (signal?.aborted) {
      reason = 'aborted'
      break
    }
    logits = stepper.run([token], true)
  }
  if (!stopped) {
    const last = stops.push(text.flush())
    const rest = last.stopped ? last.text : last.text + stops.flush()
    if (last.stopped) reason = 'stop'
    if (rest !== '') yield { type: 'text', text: rest }
  }
  yield end(reason)
}

/** Keeps what the sequence and the prompt share, but for the last token, whose logits are needed; answers how many tokens. */
function rewind(stepper: Stepper, prompt: readonly number[]): number {
  const wanted = Math.min(commonPrefix(stepper.tokens, prompt), prompt.length - 1)
  if (wanted === stepper.tokens.length) return wanted
  const left = stepper.truncate(wanted)
  return left <= wanted ? left : stepper.truncate(0)
}

/** Greedy without changes reads the row once and allocates nothing. */
function createChooser(options: GenerateOptions): (logits: Float32Array, previous: readonly number[]) => number {
  const sampler = createSampler(options)
  const plain =
    options.temperature === 0 &&
    (options.repetitionPenalty ?? 1) === 1 &&
    !options.presencePenalty &&
    !options.frequencyPenalty &&
    !options.noRepeatNgram &&
    options.logitBias === undefined
  return plain ? argmax : sampler.sample
}

function checkPrompt(prompt: readonly number[], stepper: Stepper): void {
  if (prompt.length === 0) {
    throw new OstroError(
      'invalid-argument',
      'generate: the prompt has no tokens and this model adds none. Give at least one character.',
    )
  }
  const foreign = prompt.find((token) => !Number.isInteger(token) || token < 0 || token >= stepper.vocabularySize)
  if (foreign !== undefined) {
    throw new OstroError(
      'invalid-argument',
      `generate: token ids must be whole numbers below ${stepper.vocabularySize}, got ${foreign}.`,
      { token: foreign, vocabularySize: stepper.vocabularySize },
    )
  }
  if (prompt.length >= stepper.contextTokens) {
    throw new OstroError(
      'context-overflow',
      `generate: the prompt has ${prompt.length} tokens, the context holds ${stepper.contextTokens} including the answer. ` +
        'Shorten the prompt or load the model with a larger context.',
      { promptTokens: prompt.length, contextTokens: stepper.contextTokens },
    )
  }
}

function checkCount(name: string, value: number | undefined, most: number): number {
  if (value === undefined) return most
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new OstroError(
    'invalid-argument',
    `generate: ${name} must be a whole number from 0 to ${most}, got ${String(value)}.`,
    {
      option: name,
      value,
    },
  )
}
