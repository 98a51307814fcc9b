/** From single results to a line per category. Shares come with 95 % Wilson intervals, which stay honest for few items and near 0 and 1. */
import { wilsonInterval } from '../statistics.ts'
import type { Fault } from './check-call.ts'
import type { Category } from './data-set.ts'

export interface ItemResult {
  readonly id: string
  readonly category: Category
  /** Undefined where the answer is right. */
  readonly fault: Fault | undefined
  readonly promptTokens: number
  readonly generatedTokens: number
}

export interface CategoryReport {
  readonly category: Category
  readonly items: number
  readonly right: number
  /** 0 to 1 */
  readonly share: number
  /** 95 % Wilson interval of the share. */
  readonly interval: readonly [low: number, high: number]
  /** Faults by kind, most frequent first. */
  readonly faults: Readonly<Record<string, number>>
  readonly promptTokens: number
  readonly generatedTokens: number
  /** By the clock, items in parallel. */
  readonly seconds: number
}

export function reportCategory(category: Category, results: readonly ItemResult[], seconds: number): CategoryReport {
  const right = results.filter(({ fault }) => fault === undefined).length
  const sum = (pick: (result: ItemResult) => number): number => results.reduce((total, one) => total + pick(one), 0)
  return {
    category,
    items: results.length,
    right,
    share: results.length === 0 ? 0 : right / results.length,
    interval: wilsonInterval(right, results.length),
    faults: countFaults(results),
    promptTokens: sum(({ promptTokens }) => promptTokens),
    generatedTokens: sum(({ generatedTokens }) => generatedTokens),
    seconds,
  }
}

function countFaults(results: readonly ItemResult[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { fault } of results) {
    if (fault !== undefined) counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a))
}
