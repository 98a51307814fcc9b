/**
 * Whether an answer begins with a call, for models without a notation to say so: by the model's own probabilities, how likely a
 * call is as the first token, and how much likelier the functions make the request.
 */
import type { TokenMatcher } from '../constrain/index.ts'
import { logSumExp } from '../generate/select.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { type ChatMessage, describeTools, textOf, type ToolDefinition } from '../tools/index.ts'
import type { Runtime } from './runtime.ts'
import { scoreTokens } from './whole-runs.ts'

/** The log odds of a call are `logit(first token) * firstTokenWeight + relevance * relevanceWeight - bias`. */
export interface CallCalibration {
  readonly firstTokenWeight: number
  readonly relevanceWeight: number
  readonly bias: number
}

/**
 * Logistic regression over requests that a function serves or doesn't (test/support/relevance-items.ts), on SmolLM2 135M and Gemma 3
 * 270M together: `npm run proof -- call-decision` fits it again.
 */
export const callCalibration: CallCalibration = { firstTokenWeight: 0.48, relevanceWeight: 0.39, bias: 2.5 }

/** Evidence is never surer than this: one token says only so much. */
const leastProbability = 1e-6

export function calibratedProbability(
  firstToken: number,
  relevance: number,
  { firstTokenWeight, relevanceWeight, bias }: CallCalibration,
): number {
  const probability = Math.min(1 - leastProbability, Math.max(leastProbability, firstToken))
  const logit = Math.log(probability / (1 - probability))
  return 1 / (1 + Math.exp(bias - firstTokenWeight * logit - relevanceWeight * relevance))
}

/** The probability of the tokens with which a call begins. Spaces alone begin anything, so they do not count. */
export function callProbability(tokenizer: Tokenizer, call: TokenMatcher, logits: Float32Array): number {
  const mask = call.mask()
  const total = logSumExp(logits)
  let probability = 0
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) {
      const token = word * 32 + (31 - Math.clz32(bits & -bits))
      if (!isBlank(tokenizer.tokenBytes(token))) probability += Math.exp(logits[token] - total)
    }
  }
  return probability
}

/**
 * Pointwise mutual information of the last message and the functions, in nats: how much likelier the model finds the message once
 * it has read them. 0 where the last message is no user's: a result that came back asks for nothing.
 */
export async function requestRelevance(
  runtime: Runtime,
  tools: readonly ToolDefinition[],
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<number> {
  const last = messages.at(-1)
  const request = last?.role === 'user' ? textOf(last).trim() : ''
  if (request === '') return 0
  const lead = 'Question:'
  const informed = await textLogprob(runtime, `${describeTools(tools)}\n${lead}`, ` ${request}`, signal)
  return informed - (await textLogprob(runtime, lead, ` ${request}`, signal))
}

/** A row of logits each: the start of a long request says enough. */
const mostRelevanceTokens = 32

/** Natural logarithm of the probability of a text's start after another text. */
async function textLogprob(runtime: Runtime, before: string, text: string, signal: AbortSignal): Promise<number> {
  const tokenizer = runtime.tokenizer()
  const context = tokenizer.encode(before)
  const whole = tokenizer.encode(before + text)
  if (whole.length >= runtime.info.contextTokens) return 0
  const from = Math.max(0, Math.min(context.length, whole.length - 1) - 1)
  const end = Math.min(whole.length, from + 1 + mostRelevanceTokens)
  const logprobs = await scoreTokens(runtime, whole.slice(0, end), from, signal)
  return logprobs.reduce((sum, logprob) => sum + logprob, 0)
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a)
}
