/**
 * Whether an answer begins with a call, for models without a notation to say so: by the model's own probabilities (how likely a call is
 * as the first token, how much likelier the functions make the request) and by the words that request and functions share.
 */
import type { TokenMatcher } from '../constrain/index.ts'
import { logSumExp } from '../generate/select.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { type ChatMessage, describeTools, textOf, type ToolDefinition } from '../tools/index.ts'
import { noOverlap, type RequestOverlap } from './request-overlap.ts'
import type { Runtime } from './runtime.ts'
import { type ReadingOptions, scoreTokens } from './whole-runs.ts'

export interface CallEvidence {
  /** Probability of a call as the first token. */
  readonly firstToken: number
  /** How much likelier the functions make the request, in nats. */
  readonly relevance: number
  /** Undefined where words cannot tell. */
  readonly overlap: RequestOverlap | undefined
}

/** What a unit of each evidence adds to the log odds of a call. */
export interface CallCalibration {
  readonly firstToken: number
  readonly relevance: number
  readonly name: number
  readonly description: number
  readonly words: number
  readonly numbers: number
  readonly bias: number
}

/**
 * Logistic regression on SmolLM2 135M and Gemma 3 270M together: `npm run proof -- call-decision` fits it again. The bias is set so that
 * hardly a request goes unserved (2 in 100 of simple ones); a higher `callThreshold` asks for more evidence.
 */
export const callCalibration: CallCalibration = {
  firstToken: 0.25,
  relevance: 0.1,
  name: 0.95,
  description: 1.05,
  words: 0.7,
  numbers: 1.3,
  bias: -1.8,
}

/**
 * The model's own evidence alone, for requests of which words say nothing and for larger models. Fitted to the same two models on 60
 * hand-written requests, of which a function serves half (docs/experiments.md).
 */
export const modelCalibration: CallCalibration = {
  firstToken: 0.48,
  relevance: 0.39,
  name: 0,
  description: 0,
  words: 0,
  numbers: 0,
  bias: -2.5,
}

/** Evidence is never surer than this: one token says only so much. */
const leastProbability = 1e-6

export function calibratedProbability(evidence: CallEvidence, calibration: CallCalibration): number {
  const weights = evidence.overlap === undefined ? modelCalibration : calibration
  return 1 / (1 + Math.exp(-callOdds(evidenceTerms(evidence), weights)))
}

/** What the weights are fitted to: the evidence as numbers that add up, weighted, to log odds. */
export function evidenceTerms({ firstToken, relevance, overlap }: CallEvidence): CallCalibration {
  const probability = Math.min(1 - leastProbability, Math.max(leastProbability, firstToken))
  const { name, description, words, numbers } = overlap ?? noOverlap
  return {
    firstToken: Math.log(probability / (1 - probability)),
    relevance,
    name,
    description,
    words,
    numbers,
    bias: 1,
  }
}

function callOdds(terms: CallCalibration, weights: CallCalibration): number {
  return Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * terms[name as keyof CallCalibration], 0)
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

/** The user's request that an answer is due to; empty where the last message is no user's: a result that came back asks for nothing. */
export function requestOf(messages: readonly ChatMessage[]): string {
  const last = messages.at(-1)
  return last?.role === 'user' ? textOf(last).trim() : ''
}

/**
 * Pointwise mutual information of the request and the functions, in nats: how much likelier the model finds its words once it has read
 * them. 0 for an empty request.
 */
export async function requestRelevance(
  runtime: Runtime,
  tools: readonly ToolDefinition[],
  request: string,
  signal: AbortSignal,
  reading: ReadingOptions,
): Promise<number> {
  if (request === '') return 0
  const lead = 'Question:'
  const logprob = (before: string) => textLogprob(runtime, before, ` ${request}`, signal, reading)
  const informed = await logprob(`${describeTools(tools)}\n${lead}`)
  // What does not fit will be refused when the prompt is read.
  return informed === undefined ? 0 : informed - ((await logprob(lead)) ?? 0)
}

/** A row of logits each: the start of a long request says enough. */
const mostRelevanceTokens = 32

/** Natural logarithm of the probability of a text's start after another text; undefined where they do not fit the context. */
async function textLogprob(
  runtime: Runtime,
  before: string,
  text: string,
  signal: AbortSignal,
  reading: ReadingOptions,
): Promise<number | undefined> {
  const tokenizer = runtime.tokenizer()
  const context = tokenizer.encode(before)
  const whole = tokenizer.encode(before + text)
  if (whole.length >= runtime.info.contextTokens) return undefined
  const from = Math.max(0, Math.min(context.length, whole.length - 1) - 1)
  const end = Math.min(whole.length, from + 1 + mostRelevanceTokens)
  const logprobs = await scoreTokens(runtime, whole.slice(0, end), from, signal, reading)
  return logprobs.reduce((sum, logprob) => sum + logprob, 0)
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a)
}
