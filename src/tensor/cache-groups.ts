/** How the attention caches of a graph form groups, one per window, so that every device lays them out alike. */
import type { LoadOptions } from './device.ts'
import { pageTokens } from './device.ts'
import type { CacheSpec } from './graph.ts'

export interface CacheGroup {
  readonly window: number | undefined
  readonly caches: readonly CacheSpec[]
  /** Indices of `caches` among the graph's caches: what the attention op names. */
  readonly members: readonly number[]
  readonly pages: number
}

/**
 * Groups in order of first appearance. A group with a window needs no more pages than its sequences can see at once: the
 * window, the new tokens of a run, and one page of slack so that the last few tokens can be taken back.
 */
export function groupCaches(
  caches: readonly CacheSpec[],
  { maxTokens, cache }: Pick<LoadOptions, 'maxTokens' | 'cache'>,
): CacheGroup[] {
  const windows = [...new Set(caches.map((spec) => spec.window))]
  return windows.map((window) => {
    const members = caches.flatMap((spec, index) => (spec.window === window ? [index] : []))
    const seen = window === undefined ? Infinity : window + maxTokens + pageTokens
    const pages = Math.min(cache.pages, cache.sequences * (Math.ceil(seen / pageTokens) + 1))
    return { window, members, caches: members.map((index) => caches[index]), pages }
  })
}
