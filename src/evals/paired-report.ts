/** Methods measured on the same items: a table of each, and how each differs from a baseline, item by item. */
import { OstroError } from '../util/error.ts'
import { mcnemarExact, pairedBootstrap, wilsonInterval } from './statistics.ts'

export interface ItemScore {
  readonly item: string
  readonly method: string
  readonly seed: number
  /** 0 to 1; 1 is right. Undefined, and the report fails, where nobody has judged the item. */
  readonly score: number | undefined
}

export interface MethodReport {
  readonly method: string
  readonly items: number
  readonly mean: number
  /** Items with score 1. */
  readonly right: number
  /** Of `right` among the items, 95 %. */
  readonly interval: readonly [low: number, high: number]
}

export interface PairReport {
  readonly method: string
  readonly baseline: string
  readonly difference: number
  /** Paired bootstrap over items, 95 %. */
  readonly interval: readonly [low: number, high: number]
  /** Exact McNemar on items that only one of both has right. */
  readonly p: number
  readonly onlyMethod: number
  readonly onlyBaseline: number
}

export interface PairedReport {
  readonly methods: readonly MethodReport[]
  readonly pairs: readonly PairReport[]
}

/**
 * An item counts once: with several seeds it has the mean of its scores.
 *
 * @throws OstroError `invalid-argument` for an item without a score, an item that a method lacks or has twice with the same seed
 */
export function reportPaired(scores: readonly ItemScore[], methods: readonly string[], baseline: string): PairedReport {
  const table = new Map(methods.map((method) => [method, scoresOf(scores, method)]))
  const items = [...(table.get(baseline)?.keys() ?? [])]
  const columns = new Map(
    [...table].map(([method, column]) => {
      const odd = items.find((item) => !column.has(item)) ?? [...column.keys()].find((item) => !items.includes(item))
      if (odd !== undefined || items.length === 0)
        throw wrong(`${method} and ${baseline} of the same items`, { item: odd })
      return [method, items.map((item) => column.get(item) as number)]
    }),
  )
  const base = columns.get(baseline) as number[]
  return {
    methods: [...columns].map(([method, column]) => {
      const right = column.filter((score) => score === 1).length
      const mean = column.reduce((sum, score) => sum + score, 0) / column.length
      return { method, items: items.length, mean, right, interval: wilsonInterval(right, items.length) }
    }),
    pairs: [...columns]
      .filter(([method]) => method !== baseline)
      .map(([method, column]) => {
        const { difference, interval } = pairedBootstrap(column, base)
        const onlyMethod = column.filter((score, index) => score === 1 && base[index] !== 1).length
        const onlyBaseline = base.filter((score, index) => score === 1 && column[index] !== 1).length
        const p = mcnemarExact(onlyMethod, onlyBaseline)
        return { method, baseline, difference, interval, p, onlyMethod, onlyBaseline }
      }),
  }
}

/** Mean score by item. */
function scoresOf(scores: readonly ItemScore[], method: string): Map<string, number> {
  const seeds = new Map<string, Map<number, number>>()
  for (const { item, seed, score, method: by } of scores) {
    if (by !== method) continue
    if (score === undefined) throw wrong(`a verdict on ${item} by ${method}`, { item, method })
    const known = seeds.get(item) ?? new Map<number, number>()
    if (known.has(seed)) throw wrong(`${item} by ${method} once for seed ${seed}`, { item, method, seed })
    seeds.set(item, known.set(seed, score))
  }
  return new Map(
    [...seeds].map(([item, all]) => [item, [...all.values()].reduce((sum, each) => sum + each, 0) / all.size]),
  )
}

function wrong(what: string, fields: Readonly<Record<string, unknown>>): OstroError {
  return new OstroError('invalid-argument', `report: ${what} expected. The report would not be true.`, fields)
}
