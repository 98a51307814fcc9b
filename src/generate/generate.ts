/**
 * From a prompt to tokens and text: reuse what the sequence already holds, read the rest, then step until an end. Knows no
 * template and no tool: token ids in, events out.
 */
import { OstroError } from '../util/error.ts'
import type { EndReason, GenerateOptions, Usage } from '../util/generation.ts'
import { type AnswerInput, startAnswer, type TokenEvent } from './answer.ts'
import { commonPrefix, type Stepper, type StepResult } from './stepper.ts'

export interface GenerateInput extends AnswerInput {
  readonly stepper: Stepper
}

export type GenerateEvent =
  | { readonly type: 'prefill'; readonly doneTokens: number; readonly totalTokens: number }
  | TokenEvent
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'end'
      readonly reason: EndReason
      /** The stop string that ended the answer, where one did. */
      readonly stopText?: string
      readonly usage: Usage
    }

/**
 * Generates until an end token, a stop string, the end of the constraint's grammar, `maxTokens`, a full context or the signal.
 * One `token` event per token, `text` for what is left over, and one `end`. Where not even the shortest answer that the
 * constraint allows would fit, the end is `length` at once.
 *
 * @throws OstroError `context-overflow` when the prompt leaves no room for a single token; `invalid-argument` for an empty
 * prompt or an option out of range.
 */
export async function* generate(input: GenerateInput, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
  const { stepper, prompt } = input
  const { signal } = options
  checkPrompt(prompt, stepper)
  const maxTokens = checkCount('maxTokens', options.maxTokens, Infinity)
  checkCount('logprobs', options.logprobs, 1000)
  const answer = startAnswer(input, options, Math.min(maxTokens, stepper.contextTokens - prompt.length))
  const cachedTokens = rewind(stepper, prompt)
  const end = (reason: EndReason): GenerateEvent => {
    const usage = { promptTokens: prompt.length, cachedTokens, generatedTokens: answer.toldTokens }
    const { stopText } = answer
    return { type: 'end', reason, usage, ...(stopText !== undefined && { stopText }) }
  }

  const opening = answer.open()
  const totalTokens = prompt.length - cachedTokens
  let { reason } = opening
  let promptRead = false
  while (reason === undefined) {
    let logits: Float32Array | undefined
    while (logits === undefined) {
      const unread = answer.tokens.slice(stepper.tokens.length)
      const result = await runUnlessAborted(stepper, unread, signal)
      if (result === undefined) break
      logits = result.logits
      if (promptRead) continue
      // The view is not valid after a `yield`.
      logits = logits?.slice()
      yield { type: 'prefill', doneTokens: Math.min(stepper.tokens.length, prompt.length) - cachedTokens, totalTokens }
    }
    if (!promptRead) yield* opening.events
    promptRead = true
    if (logits === undefined) {
      reason = 'aborted'
      break
    }
    const advance = answer.step(logits)
    yield* advance.events
    reason = advance.reason
    if (advance.retreated) rewind(stepper, answer.tokens)
  }
  if (!promptRead) yield* opening.events
  const { text, stopped } = answer.finish()
  if (text !== '') yield { type: 'text', text }
  yield end(stopped ? 'stop' : reason)
}

async function runUnlessAborted(
  stepper: Stepper,
  tokens: readonly number[],
  signal: AbortSignal | undefined,
): Promise<StepResult | undefined> {
  try {
    return await stepper.run(tokens, signal)
  } catch (error) {
    if (error instanceof OstroError && error.code === 'aborted') return undefined
    throw error
  }
}

/** Keeps what the sequence and the prompt share, but for the last token, whose logits are needed; answers how many tokens. */
export function rewind(stepper: Stepper, prompt: readonly number[]): number {
  const wanted = Math.min(commonPrefix(stepper.tokens, prompt), prompt.length - 1)
  if (wanted === stepper.tokens.length) return wanted
  const left = stepper.truncate(wanted)
  return left <= wanted ? left : stepper.truncate(0)
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
