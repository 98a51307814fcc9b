/**
 * Routing: which experts a token goes to, with which weights, and who gets the slots where experts are limited.
 *
 * Slots are given rank by rank: all first choices of a group in order, then all second choices, and so on. A token keeps a choice iff
 * its position in that expert is below the capacity; a token that keeps none passes by the residual only. Everything is in double
 * precision, whatever the logits are: the routers of all published models compute at least in f32 (Switch, table 2).
 */
import { OstroError } from '../../util/error.ts'
import type { Random } from '../../util/random.ts'
import { softmaxOf } from '../ops/softmax.ts'
import { groupsOf } from './groups.ts'
import { checkRule, drawsPerToken } from './rule.ts'
import type { RouterRule } from './rule.ts'

export interface RouteOptions {
  /** Uniform numbers in [0, 1): [T] for the random policy, [T, E] for sampling. */
  readonly draws?: ArrayLike<number> | undefined
  /** Where draws come from when they are not given. */
  readonly random?: Random | undefined
  /** Sequence of each token [T]: tokens of different sequences never compete for slots. Default: all are of one. */
  readonly sequences?: ArrayLike<number> | undefined
  /** Slots [E] that each sequence has taken before, by its number in `sequences`; brought up to date. Only for rules without groups. */
  readonly taken?: readonly { [expert: number]: number }[] | undefined
}

/** All arrays are row-major; rank 0 is the first choice. */
export interface Routing {
  readonly rule: RouterRule
  /** T */
  readonly tokens: number
  /** E */
  readonly experts: number
  /** [T, E] softmax of the logits. */
  readonly probabilities: Float64Array
  /** [T, k] experts, best first. */
  readonly choices: Int32Array
  /** [T, k] place in the expert's line, counted before the capacity is applied; -1: the second choice's policy refused. */
  readonly positions: Int32Array
  /** [T, k] 1 where the token has a slot, that is 0 <= position < capacity. */
  readonly kept: Uint8Array
  /** [T, k] what multiplies the expert's output; 0 where the choice is not kept. */
  readonly weights: Float64Array
  /** [E] tokens that have a slot. */
  readonly load: Int32Array
}

/**
 * Routes T tokens by their router logits [T, E]. Where logits are equal the expert with the lower number is preferred.
 *
 * @throws OstroError `invalid-argument` when the rule contradicts itself, draws are missing or lengths do not fit.
 */
export function routeTokens(
  logits: ArrayLike<number>,
  E: number,
  rule: RouterRule,
  options: RouteOptions = {},
): Routing {
  checkRule(rule, E)
  const T = logits.length / E
  if (!Number.isSafeInteger(T)) refuse(`logits [T, ${E}]`, `${logits.length} values`)
  if (options.taken !== undefined && rule.groupSize !== undefined)
    refuse("a rule without 'groupSize'", 'slots taken before')
  const { k } = rule
  const draws = drawsOf(rule, T, E, options)
  const probabilities = new Float64Array(T * E)
  const choices = new Int32Array(T * k)
  const refused = new Uint8Array(T * k)
  for (let t = 0; t < T; t++) {
    const row = Array.from({ length: E }, (_, expert) => logits[t * E + expert])
    probabilities.set(softmaxOf(row), t * E)
    choices.set(chooseExperts(row, rule, draws.slice(t * E, (t + 1) * E)), t * k)
    const gates = Array.from(choices.subarray(t * k, (t + 1) * k), (expert) => probabilities[t * E + expert])
    if (!usesSecond(gates, rule, draws[t])) refused[t * k + 1] = 1
  }
  const positions = new Int32Array(T * k)
  const kept = new Uint8Array(T * k)
  for (const { tokens, slots } of groupsOf(rule, E, sequencesOf(T, options.sequences))) {
    const ordered = rule.priority === 'position' ? tokens : byTopProbability(tokens, probabilities, choices, E, k)
    const next = options.taken?.[options.sequences?.[tokens[0]] ?? 0] ?? new Int32Array(E)
    assignSlots(ordered, next, slots, rule, { choices, refused, positions, kept })
  }
  const load = new Int32Array(E)
  choices.forEach((expert, index) => (load[expert] += kept[index]))
  const weights = weightsOf(rule, probabilities, choices, kept, E)
  return { rule, tokens: T, experts: E, probabilities, choices, positions, kept, weights, load }
}

/** The k best experts; with sampling the second is the best of the others after Gumbel noise. */
function chooseExperts(logits: readonly number[], { k, second }: RouterRule, draws: readonly number[]): number[] {
  const order = logits.map((_, expert) => expert).toSorted((a, b) => logits[b] - logits[a] || a - b)
  if (second.kind !== 'sampling') return order.slice(0, k)
  const noisy = logits.map((logit, expert) => logit - Math.log(-Math.log(draws[expert])))
  const [first, ...others] = order
  return [first, ...others.toSorted((a, b) => noisy[b] - noisy[a] || a - b).slice(0, 1)]
}

function usesSecond([first, gate]: readonly number[], { second }: RouterRule, draw: number): boolean {
  switch (second.kind) {
    case 'all':
    case 'sampling':
      return true
    case 'none':
      return false
    case 'threshold':
      return second.of === 'first' ? gate >= second.least * first : gate / (first + gate) > second.least
    case 'random':
      return second.factor * (second.gate === 'raw' ? gate : gate / (first + gate)) > draw
  }
  return second satisfies never
}

/** The tokens of each sequence, in order. */
function sequencesOf(T: number, sequences: ArrayLike<number> | undefined): number[][] {
  if (sequences !== undefined && sequences.length !== T) refuse(`sequences [${T}]`, `${sequences.length} values`)
  return [...Map.groupBy(Array(T).keys(), (t) => sequences?.[t] ?? 0).values()]
}

function byTopProbability(
  group: readonly number[],
  probabilities: Float64Array,
  choices: Int32Array,
  E: number,
  k: number,
): number[] {
  const top = (t: number): number => probabilities[t * E + choices[t * k]]
  return group.toSorted((a, b) => top(b) - top(a) || a - b)
}

interface Slots {
  readonly choices: Int32Array
  readonly refused: Uint8Array
  readonly positions: Int32Array
  readonly kept: Uint8Array
}

/** Fills positions and kept of one group; `tokens` in the order in which they are served, `next` the next free slot of each expert. */
function assignSlots(
  tokens: readonly number[],
  next: { [expert: number]: number },
  capacity: number,
  rule: RouterRule,
  slots: Slots,
): void {
  for (let rank = 0; rank < rule.k; rank++) {
    for (const t of tokens) {
      const index = t * rule.k + rank
      const expert = slots.choices[index]
      const isRefused = slots.refused[index] === 1
      slots.positions[index] = isRefused ? -1 : next[expert]
      slots.kept[index] = !isRefused && next[expert] < capacity ? 1 : 0
      if (!isRefused || rule.refusedTakesSlot) next[expert]++
    }
  }
}

/** [T, k] */
function weightsOf(
  { k, renormalise }: RouterRule,
  probabilities: Float64Array,
  choices: Int32Array,
  kept: Uint8Array,
  E: number,
): Float64Array {
  const gates = Float64Array.from(choices, (expert, index) => probabilities[Math.floor(index / k) * E + expert])
  return gates.map((gate, index) => {
    if (kept[index] === 0) return 0
    if (renormalise === 'never') return gate
    const start = index - (index % k)
    let total = 0
    for (let other = start; other < start + k; other++)
      if (renormalise === 'before-drop' || kept[other] === 1) total += gates[other]
    return total === 0 ? 0 : gate / total // a gate can underflow when only the second choice is kept
  })
}

function drawsOf(rule: RouterRule, T: number, E: number, { draws, random }: RouteOptions): readonly number[] {
  const count = T * drawsPerToken(rule, E)
  if (count === 0) return []
  if (draws !== undefined) {
    if (draws.length !== count) refuse(`${count} draws for the policy '${rule.second.kind}'`, `${draws.length}`)
    return Array.from(draws)
  }
  if (random === undefined) refuse(`draws or a seeded generator for the policy '${rule.second.kind}'`, 'neither')
  return Array.from({ length: count }, random.float)
}

function refuse(expected: string, got: string): never {
  throw new OstroError('invalid-argument', `routing: expected ${expected}, got ${got}.`, { expected, got })
}
