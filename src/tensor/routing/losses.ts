/**
 * What training adds to its loss so that experts share the work: load balance and the size of router logits, each with its gradient.
 *
 * Coefficients are the caller's: total = crossEntropy + balanceCoefficient * balance + zCoefficient * z, summed over layers.
 */
import { OstroError } from '../../util/error.ts'
import { logsumexpOf } from '../ops/logsumexp.ts'
import { softmaxOf } from '../ops/softmax.ts'
import { softmaxGradient } from './combine.ts'

export interface RouterLoss {
  readonly value: number
  /** With respect to the router logits, of their shape [T, E]. */
  readonly gradient: Float64Array
}

/**
 * `switch`: E * sum_e f_e P_e, 1 at perfect balance (Fedus et al. 2021, eq. 4-6; mesh is the same). `gshard`: 1/E * sum_e f_e P_e
 * (Lepikhin et al. 2020, Algorithm 1). f_e is the share of tokens whose first choice is e, before anything is dropped, and a constant
 * of the gradient; P_e is the mean probability of e.
 */
export type BalanceForm = 'switch' | 'gshard'

/** logits [T, E] of one layer. @throws OstroError `invalid-argument` when the logits are no rows of E. */
export function balanceLoss(logits: ArrayLike<number>, E: number, form: BalanceForm = 'switch'): RouterLoss {
  return balanceOver(logits, E, 1, form === 'switch' ? E : 1 / E)
}

/**
 * The form of Hugging Face's Mixtral: all layers' logits as one list of tokens, f_e counts all k choices, so that perfect balance is k
 * and imbalances of layers that cancel are invisible. `layers`: logits [T, E] each; the gradients are in the same order.
 *
 * @throws OstroError `invalid-argument` when there is no layer or the logits are no rows of E.
 */
export function pooledBalanceLoss(
  layers: readonly ArrayLike<number>[],
  E: number,
  k: number,
): { readonly value: number; readonly gradients: readonly Float64Array[] } {
  const { value, gradient } = balanceOver(Float64Array.from(layers.flatMap((logits) => Array.from(logits))), E, k, E)
  let start = 0
  const gradients = layers.map(({ length }) => gradient.slice(start, (start += length)))
  return { value, gradients }
}

/** Mean of logsumexp squared over tokens (Zoph et al. 2022, eq. 5). logits [T, E]. */
export function zLoss(logits: ArrayLike<number>, E: number): RouterLoss {
  const rows = rowsOf(logits, E)
  const gradient = new Float64Array(logits.length)
  let value = 0
  rows.forEach((row, t) => {
    const size = logsumexpOf(row)
    value += size ** 2 / rows.length
    gradient.set(
      softmaxOf(row).map((p) => (2 * size * p) / rows.length),
      t * E,
    )
  })
  return { value, gradient }
}

/** Mean entropy of the router's probabilities in nats: 0 is certain, log E knows nothing. logits [T, E]. */
export function routerEntropy(logits: ArrayLike<number>, E: number): RouterLoss {
  const rows = rowsOf(logits, E)
  const gradient = new Float64Array(logits.length)
  let value = 0
  rows.forEach((row, t) => {
    const size = logsumexpOf(row)
    const p = softmaxOf(row)
    const entropy = row.reduce((sum, logit, expert) => sum + p[expert] * (size - logit), 0)
    value += entropy / rows.length
    gradient.set(
      row.map((logit, expert) => (p[expert] * (size - logit - entropy)) / rows.length),
      t * E,
    )
  })
  return { value, gradient }
}

/** scale * sum_e f_e P_e, where f_e counts the first `k` choices of every token. */
function balanceOver(logits: ArrayLike<number>, E: number, k: number, scale: number): RouterLoss {
  const rows = rowsOf(logits, E)
  const share = new Float64Array(E) // f
  const probabilities = rows.map(softmaxOf)
  for (const row of rows) {
    const order = row.map((_, expert) => expert).toSorted((a, b) => row[b] - row[a] || a - b)
    for (const expert of order.slice(0, k)) share[expert] += 1 / rows.length
  }
  const slope = share.map((f) => (scale * f) / rows.length) // with respect to each p_te
  const gradient = new Float64Array(logits.length)
  let value = 0
  probabilities.forEach((p, t) => {
    value += p.reduce((sum, each, expert) => sum + each * slope[expert], 0)
    gradient.set(softmaxGradient(p, slope), t * E)
  })
  return { value, gradient }
}

function rowsOf(logits: ArrayLike<number>, E: number): number[][] {
  const T = logits.length / E
  if (!Number.isSafeInteger(T) || T < 1) {
    const message = `router loss: expected logits [T, ${E}] of at least one token, got ${logits.length} values.`
    throw new OstroError('invalid-argument', message, { experts: E, got: logits.length })
  }
  return Array.from({ length: T }, (_, t) => Array.from({ length: E }, (_, expert) => logits[t * E + expert]))
}
