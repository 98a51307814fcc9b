/** The published routers as data: spread one to change a switch. Coefficients and noise are those of training. */
import type { BalanceForm } from './losses.ts'
import type { Capacity, RouterRule } from './rule.ts'

/** Everything that a paper or a reference implementation says about its router. */
export interface RouterConfig extends Omit<RouterRule, 'capacity'> {
  readonly capacity: {
    readonly train: Capacity | undefined
    readonly evaluate: Capacity | undefined
  }
  /** Router inputs are multiplied by U(1 - jitter, 1 + jitter) in training; 0: not. */
  readonly jitter: number
  /** `experts`: the experts see the jittered input too, as in HF's Mixtral and DBRX, which multiply in place. */
  readonly jitterReaches: 'router' | 'experts'
  /** `pooled`: the form of HF's Mixtral, over all layers at once. */
  readonly balance: { readonly form: BalanceForm | 'pooled'; readonly coefficient: number }
  readonly zCoefficient: number
  /** Dropout inside the experts' hidden layer in fine-tuning. */
  readonly expertDropout: number
  /** Dropout of experts' outputs, by which HF's NLLB also scales in evaluation (times 1 - p). */
  readonly outputDropout: number
  /** A dense block beside the experts. */
  readonly shared: boolean
}

const plain = {
  renormalise: 'before-drop',
  capacity: { train: undefined, evaluate: undefined },
  groupSize: undefined,
  second: { kind: 'all' },
  refusedTakesSlot: false,
  priority: 'position',
  jitter: 0,
  jitterReaches: 'router',
  zCoefficient: 0,
  expertDropout: 0,
  outputDropout: 0,
  shared: false,
} as const

const share = (factor: number, timesK: boolean, minimum: number): Capacity => ({
  kind: 'factor',
  factor,
  timesK,
  minimum,
})

/** Fedus et al. 2021: the best expert alone, its raw probability as weight. */
export const switchRouter: RouterConfig = {
  ...plain,
  k: 1,
  renormalise: 'never',
  capacity: { train: share(1.25, false, 4), evaluate: share(2, false, 4) },
  jitter: 0.01,
  balance: { form: 'switch', coefficient: 0.01 },
  expertDropout: 0.4,
}

/** Lepikhin et al. 2020, Algorithm 1: two experts, the second at random in proportion to its gate; 2 S / E slots. */
export const gshardRouter: RouterConfig = {
  ...plain,
  k: 2,
  capacity: { train: share(1, true, 4), evaluate: share(1, true, 4) },
  second: { kind: 'random', factor: 2, gate: 'normalised' },
  balance: { form: 'gshard', coefficient: 0.01 },
}

/** Zoph et al. 2022: two experts, the second only if its gate is at least a fifth of the first; z-loss. */
export const stMoeRouter: RouterConfig = {
  ...plain,
  k: 2,
  capacity: { train: share(1.25, false, 4), evaluate: share(2, false, 4) },
  second: { kind: 'threshold', least: 0.2, of: 'first' },
  balance: { form: 'switch', coefficient: 0.01 },
  zCoefficient: 0.001,
  expertDropout: 0.4,
  shared: true,
}

/** NLLB-MoE as transformers has it: weights are normalised over the experts that had a slot left. */
export const nllbRouter: RouterConfig = {
  ...plain,
  k: 2,
  renormalise: 'after-drop',
  capacity: { train: { kind: 'even-share' }, evaluate: { kind: 'fraction', fraction: 1 } },
  balance: { form: 'switch', coefficient: 0.001 },
  zCoefficient: 0.001,
  outputDropout: 0.2,
}

/** Jiang et al. 2024: two experts, nothing is dropped. */
export const mixtralRouter: RouterConfig = {
  ...plain,
  k: 2,
  jitterReaches: 'experts',
  balance: { form: 'pooled', coefficient: 0.02 },
}

/** OpenMoE (Xue et al. 2024): two experts by raw probability beside a dense block; slots are even in number. */
export const openMoeRouter: RouterConfig = {
  ...plain,
  k: 2,
  renormalise: 'never',
  capacity: {
    train: { kind: 'factor', factor: 1.25, timesK: true, minimum: 4, multipleOf: 2 },
    evaluate: { kind: 'factor', factor: 2, timesK: true, minimum: 4, multipleOf: 2 },
  },
  balance: { form: 'switch', coefficient: 0.01 },
  zCoefficient: 0.0001,
  shared: true,
}

/** The rule that a router follows in training or in evaluation. */
export function routerRule(
  { k, renormalise, capacity, groupSize, second, refusedTakesSlot, priority }: RouterConfig,
  mode: 'train' | 'evaluate',
): RouterRule {
  return { k, renormalise, capacity: capacity[mode], groupSize, second, refusedTakesSlot, priority }
}
