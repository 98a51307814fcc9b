/** Changes of single logits before anything is drawn, as closures: bias, repetition, n-grams, presence and frequency. */

/** Changes `logits` in place; `previous` are the tokens of prompt and answer so far. */
export type LogitChange = (logits: Float32Array, previous: readonly number[]) => void

/** Adds a value to chosen logits; minus infinity forbids a token. Ids outside the vocabulary have no effect. */
export function logitBias(bias: ReadonlyMap<number, number>): LogitChange {
  return (logits) => {
    for (const [token, value] of bias) if (token >= 0 && token < logits.length) logits[token] += value
  }
}

/** Divides positive logits of seen tokens by `penalty` and multiplies negative ones (Keskar et al. 2019, CTRL). */
export function repetitionPenalty(penalty: number): LogitChange {
  return (logits, previous) => {
    for (const token of new Set(previous)) {
      logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty
    }
  }
}

/** Forbids any token that would complete a run of `size` tokens that was seen before. */
export function noRepeatNgram(size: number): LogitChange {
  return (logits, previous) => {
    const start = previous.length - (size - 1)
    if (start < 0) return
    const forbidden: number[] = []
    for (let at = 0; at + size <= previous.length; at++) {
      let same = true
      for (let offset = 0; offset < size - 1 && same; offset++)
        same = previous[at + offset] === previous[start + offset]
      if (same) forbidden.push(previous[at + size - 1])
    }
    for (const token of forbidden) logits[token] = -Infinity
  }
}

/** logit - frequency * count - presence * (count > 0), the formula of the OpenAI API. */
export function presenceAndFrequencyPenalty(presence: number, frequency: number): LogitChange {
  return (logits, previous) => {
    const counts = new Map<number, number>()
    for (const token of previous) counts.set(token, (counts.get(token) ?? 0) + 1)
    for (const [token, count] of counts) logits[token] -= frequency * count + presence
  }
}
