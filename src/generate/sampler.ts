/**
 * From a row of logits to a token. The order is fixed: bias, repetition penalty, n-grams, presence and frequency penalty, what is
 * legal, temperature, top-k, top-p, min-p, typical, epsilon, eta, draw.
 */
import { OstroError } from '../util/error.ts'
import type { SamplingOptions } from '../util/generation.ts'
import { createRandom } from '../util/random.ts'
import {
  type Candidates,
  createCandidates,
  expOfNegative,
  fillCandidates,
  fillGreatest,
  greatestLogit,
  totalMass,
} from './candidates.ts'
import { epsilonCutoff, etaCutoff, type Filter, minP, topP, typical } from './filters.ts'
import {
  logitBias,
  type LogitChange,
  noRepeatNgram,
  presenceAndFrequencyPenalty,
  repetitionPenalty,
} from './penalties.ts'
import { argmax } from './select.ts'

/**
 * Tokens that are less probable than the best one by exp of this have together, in any vocabulary of up to 2^20 tokens, less
 * than 1e-9 of the probability: where a filter cuts by probability, they needn't be looked at.
 */
const negligibleDepth = 35

/** One bit per token: token t is legal where bit t % 32 of word t / 32 is set. */
export type TokenMask = Uint32Array

export interface Sampler {
  /** Draws a token; `logits` is left as it was. `previous` are the tokens of prompt and answer so far. */
  readonly sample: (logits: Float32Array, previous: readonly number[]) => number
  /**
   * Draws among the legal tokens; undefined where none is. Penalties and biases that forbid all of these are left out: the mask
   * is the stronger word.
   */
  readonly sampleLegal: (logits: Float32Array, previous: readonly number[], legal: TokenMask) => number | undefined
  /** Whether a draw among all tokens, thrown away when illegal, then one among the legal ones, follows `sampleLegal`'s distribution. */
  readonly mayDrawFirst: boolean
  /** The tokens that could be drawn and their probabilities, most probable first. For tests and for showing. */
  readonly inspect: (logits: Float32Array, previous: readonly number[]) => { tokens: number[]; probabilities: number[] }
}

/** Builds the chain once per answer. @throws OstroError `invalid-argument` for a value outside its range. */
export function createSampler(options: SamplingOptions = {}): Sampler {
  checkSamplingOptions(options)
  const temperature = options.temperature ?? 1
  const changes = logitChanges(options)
  const filters = candidateFilters(options)
  const depth = cutsByProbability(options) ? negligibleDepth : Infinity
  const random = createRandom(options.seed ?? 0)
  let changed = new Float32Array(0)
  let masked = new Float32Array(0)
  let candidates = createCandidates(0)

  const applyChanges = (logits: Float32Array, previous: readonly number[]): Float32Array => {
    if (changes.length === 0) return logits
    if (changed.length !== logits.length) changed = new Float32Array(logits.length)
    changed.set(logits)
    for (const change of changes) change(changed, previous)
    return changed
  }

  const narrow = (logits: Float32Array): Candidates => {
    if (candidates.ids.length !== logits.length) candidates = createCandidates(logits.length)
    if (options.topK) fillGreatest(candidates, logits, temperature, options.topK)
    else fillCandidates(candidates, logits, temperature, depth)
    if (candidates.count === 0) {
      throw new OstroError(
        'invalid-argument',
        'sample: no token is left, all logits are -Infinity or not a number. Check logitBias.',
      )
    }
    for (const filter of filters) filter(candidates)
    return candidates
  }

  const pick = (row: Float32Array): number => (temperature === 0 ? argmax(row) : draw(narrow(row), random.float()))

  return {
    sample: (logits, previous) => pick(applyChanges(logits, previous)),
    sampleLegal: (logits, previous, legal) => {
      if (masked.length !== logits.length) masked = new Float32Array(logits.length)
      for (const row of new Set([applyChanges(logits, previous), logits])) {
        if (copyLegal(row, legal, masked)) return pick(masked)
      }
      return undefined
    },
    // Filters look at the whole distribution, so what they keep differs with the mask.
    mayDrawFirst: temperature === 0 || (filters.length === 0 && !options.topK),
    inspect: (logits, previous) => {
      const row = applyChanges(logits, previous)
      if (temperature === 0) return { tokens: [argmax(row)], probabilities: [1] }
      return listProbabilities(narrow(row))
    },
  }
}

/** Copies what may be drawn, minus infinity elsewhere; answers whether anything is left. */
function copyLegal(row: Float32Array, legal: TokenMask, into: Float32Array): boolean {
  into.fill(-Infinity)
  let left = false
  for (let word = 0; word < legal.length; word++) {
    for (let bits = legal[word]; bits !== 0; bits &= bits - 1) {
      const token = word * 32 + (31 - Math.clz32(bits & -bits))
      if (!(token < row.length && row[token] > -Infinity)) continue
      into[token] = row[token]
      left = true
    }
  }
  return left
}

/** Says which option is out of range. @throws OstroError `invalid-argument` */
function checkSamplingOptions(options: SamplingOptions): void {
  const check = (name: keyof SamplingOptions, legal: (value: number) => boolean, range: string): void => {
    const value = options[name]
    if (value === undefined || (typeof value === 'number' && legal(value))) return
    throw new OstroError('invalid-argument', `sampling: ${name} must be ${range}, got ${String(value)}.`, {
      option: name,
      value,
    })
  }
  check('temperature', (value) => value >= 0 && value <= 100, 'a number from 0 to 100')
  check('topK', (value) => Number.isInteger(value) && value >= 0, 'a whole number of at least 0')
  check('topP', (value) => value > 0 && value <= 1, 'above 0 and at most 1')
  check('minP', (value) => value >= 0 && value <= 1, 'from 0 to 1')
  check('typicalP', (value) => value > 0 && value <= 1, 'above 0 and at most 1')
  check('epsilon', (value) => value >= 0 && value < 1, 'from 0 to below 1')
  check('eta', (value) => value >= 0 && value < 1, 'from 0 to below 1')
  check('repetitionPenalty', (value) => value > 0 && value < Infinity, 'a number above 0')
  check('presencePenalty', Number.isFinite, 'a number')
  check('frequencyPenalty', Number.isFinite, 'a number')
  check('noRepeatNgram', (value) => Number.isInteger(value) && value >= 0, 'a whole number of at least 0')
  check('seed', Number.isSafeInteger, 'a whole number')
}

function logitChanges(options: SamplingOptions): LogitChange[] {
  const changes: LogitChange[] = []
  const bias = Object.entries(options.logitBias ?? {})
  if (bias.length > 0) changes.push(logitBias(new Map(bias.map(([token, value]) => [Number(token), value]))))
  const { repetitionPenalty: repetition = 1, presencePenalty: presence = 0, frequencyPenalty: frequency = 0 } = options
  if (repetition !== 1) changes.push(repetitionPenalty(repetition))
  if (options.noRepeatNgram) changes.push(noRepeatNgram(options.noRepeatNgram))
  if (presence !== 0 || frequency !== 0) changes.push(presenceAndFrequencyPenalty(presence, frequency))
  return changes
}

function candidateFilters(options: SamplingOptions): Filter[] {
  const filters: Filter[] = []
  if (options.topP !== undefined && options.topP < 1) filters.push(topP(options.topP))
  if (options.minP) filters.push(minP(options.minP))
  if (options.typicalP !== undefined && options.typicalP < 1) filters.push(typical(options.typicalP))
  if (options.epsilon) filters.push(epsilonCutoff(options.epsilon))
  if (options.eta) filters.push(etaCutoff(options.eta))
  return filters
}

function cutsByProbability({ topP: mass = 1, minP: share = 0, typicalP = 1 }: SamplingOptions): boolean {
  return mass <= 0.999 || share >= 1e-6 || typicalP <= 0.999
}

/** Takes the token at which the running probability passes `point`, a number in [0, 1). */
function draw(candidates: Candidates, point: number): number {
  const { ids, logits, count } = candidates
  const greatest = greatestLogit(candidates)
  const wanted = point * totalMass(candidates, greatest)
  let sum = 0
  for (let index = 0; index < count; index++) {
    sum += expOfNegative(logits[index] - greatest)
    if (sum > wanted) return ids[index]
  }
  return ids[count - 1]
}

function listProbabilities(candidates: Candidates): { tokens: number[]; probabilities: number[] } {
  const greatest = greatestLogit(candidates)
  const masses = Float64Array.from(candidates.logits.subarray(0, candidates.count), (logit) =>
    Math.exp(logit - greatest),
  )
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  const rows = Array.from({ length: candidates.count }, (_, index) => ({
    token: candidates.ids[index],
    probability: masses[index] / total,
  })).sort((a, b) => b.probability - a.probability || a.token - b.token)
  return { tokens: rows.map((row) => row.token), probabilities: rows.map((row) => row.probability) }
}
