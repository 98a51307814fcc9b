/** The switches that tell one router of a mixture of experts from another, and how many tokens an expert may take. */
import { OstroError } from '../../util/error.ts'

/** How tokens choose experts and share their slots; all published top-k routers are values of this type. */
export interface RouterRule {
  /** Experts per token, 1 to E. */
  readonly k: number
  /**
   * Whether the probabilities of the chosen experts are divided by their sum to become weights: not at all (Switch), over all that the
   * token chose (GShard, ST-MoE, Mixtral), or over those that also had a slot left for it (NLLB). What the second choice's policy
   * refused counts in the first sum, not in the second.
   */
  readonly renormalise: 'never' | 'before-drop' | 'after-drop'
  /** Slots of an expert in one group; undefined: as many as are wanted, nothing is dropped. */
  readonly capacity: Capacity | undefined
  /** Tokens that share slots, cut in order from each sequence; undefined: the whole sequence. The last group may be shorter. */
  readonly groupSize: number | undefined
  readonly second: SecondPolicy
  /** Whether a second choice that the policy refused still moves the expert's counter on: a literal reading of GShard's Algorithm 1. */
  readonly refusedTakesSlot: boolean
  /** Who gets slots first: earlier tokens, or those with the higher top probability (batch-prioritised, Riquelme et al. 2021). */
  readonly priority: 'position' | 'probability'
}

/** S is the number of tokens of the group, E the number of experts. */
export type Capacity =
  /** The same for every group (HF Switch: `expert_capacity`, per sequence). */
  | { readonly kind: 'fixed'; readonly slots: number }
  /** floor(factor * S / E), times k inside the floor when `timesK`, and from `minimum` to S (Switch eq. 3; GShard with k). */
  | {
      readonly kind: 'factor'
      readonly factor: number
      readonly timesK: boolean
      readonly minimum: number
      /** Raised to a multiple of this before the minimum (OpenMoE: 2); default 1. */
      readonly multipleOf?: number
    }
  /** k * ceil(S / E): HF NLLB in training without `expert_capacity`. */
  | { readonly kind: 'even-share' }
  /** ceil(fraction * S): HF NLLB in evaluation. */
  | { readonly kind: 'fraction'; readonly fraction: number }

/** When a token uses its second choice; every policy but `all` wants k = 2. */
export type SecondPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  /** Used iff its gate reaches `least` times the first gate (ST-MoE), or is above `least` of the sum of both (mesh). */
  | { readonly kind: 'threshold'; readonly least: number; readonly of: 'first' | 'sum' }
  /** Used iff factor * gate > U, the gate divided by the sum of both (GShard: factor 2; mesh: 1 / 0.2) or raw (NLLB: 2). */
  | { readonly kind: 'random'; readonly factor: number; readonly gate: 'normalised' | 'raw' }
  /** Used always, but chosen by logits plus Gumbel noise (NLLB `sampling`). */
  | { readonly kind: 'sampling' }

/** Slots of each expert for a group of `S` tokens; `S` where nothing is dropped. */
export function capacityOf({ k, capacity }: RouterRule, S: number, E: number): number {
  if (capacity === undefined) return S
  switch (capacity.kind) {
    case 'fixed':
      return capacity.slots
    case 'factor': {
      const { factor, timesK, minimum, multipleOf = 1 } = capacity
      const slots = Math.floor((factor * (timesK ? k : 1) * S) / E)
      return Math.min(S, Math.max(minimum, Math.ceil(slots / multipleOf) * multipleOf))
    }
    case 'even-share':
      return k * Math.ceil(S / E)
    case 'fraction':
      return Math.ceil(capacity.fraction * S)
  }
  return capacity satisfies never
}

/** True where no token can lose a choice, however many tokens there are: an expert gets a token at most once. */
export function isDropless({ capacity, second }: RouterRule): boolean {
  return second.kind === 'all' && (capacity === undefined || (capacity.kind === 'fraction' && capacity.fraction >= 1))
}

/** True where what a token gets depends on earlier tokens of its sequence only. */
export function givesSlotsInOrder({ k, capacity, groupSize, priority }: RouterRule): boolean {
  return k === 1 && capacity?.kind === 'fixed' && groupSize === undefined && priority === 'position'
}

/** Uniform numbers that a rule takes per token. */
export function drawsPerToken({ second }: RouterRule, E: number): number {
  switch (second.kind) {
    case 'all':
    case 'none':
    case 'threshold':
      return 0
    case 'random':
      return 1
    case 'sampling':
      return E
  }
  return second satisfies never
}

/** @throws OstroError `invalid-argument` naming the switch that contradicts itself or the number of experts. */
export function checkRule(rule: RouterRule, E: number): void {
  const { k, capacity, groupSize, second } = rule
  if (!isCount(k) || k > E) refuse('k', `a count of experts from 1 to ${E}`, k)
  if (groupSize !== undefined && !isCount(groupSize)) refuse('groupSize', 'a count of tokens', groupSize)
  if (second.kind !== 'all' && k !== 2) refuse('k', `2 for the second choice's policy '${second.kind}'`, k)
  if (second.kind === 'threshold' && !(second.least >= 0 && second.least <= 1))
    refuse('second.least', 'a share from 0 to 1', second.least)
  if (second.kind === 'random' && !isPositive(second.factor)) refuse('second.factor', 'a number above 0', second.factor)
  if (capacity !== undefined) checkCapacity(capacity)
}

function checkCapacity(capacity: Capacity): void {
  switch (capacity.kind) {
    case 'fixed':
      if (!isCount(capacity.slots)) refuse('capacity.slots', 'a count of tokens', capacity.slots)
      return
    case 'factor':
      if (!isPositive(capacity.factor)) refuse('capacity.factor', 'a number above 0', capacity.factor)
      if (!Number.isSafeInteger(capacity.minimum) || capacity.minimum < 0)
        refuse('capacity.minimum', 'an integer of at least 0', capacity.minimum)
      if (capacity.multipleOf !== undefined && !isCount(capacity.multipleOf))
        refuse('capacity.multipleOf', 'a count of slots', capacity.multipleOf)
      return
    case 'even-share':
      return
    case 'fraction':
      if (!isPositive(capacity.fraction)) refuse('capacity.fraction', 'a number above 0', capacity.fraction)
      return
  }
  capacity satisfies never
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0
}

function refuse(name: string, expected: string, got: number): never {
  throw new OstroError('invalid-argument', `router rule: expected ${expected} at '${name}', got ${got}.`, { name, got })
}
