/** How the attention caches of a graph form groups, one per window and one of memory, so that every device lays them out alike. */
import type { LoadOptions } from './device.ts'
import { pageTokens } from './device.ts'
import type { CacheSpec } from './graph.ts'

export interface CacheGroup {
  readonly window: number | undefined
  readonly memory: boolean
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
  const keyOf = ({ window, memory = false }: CacheSpec): string => `${window} ${memory}`
  const keys = [...new Set(caches.map(keyOf))]
  return keys.map((key) => {
    const members = caches.flatMap((spec, index) => (keyOf(spec) === key ? [index] : []))
    const { window, memory = false } = caches[members[0]]
    const seen = window === undefined ? Infinity : window + maxTokens + pageTokens
    const all = memory ? (cache.memoryPages ?? cache.pages) : cache.pages
    const pages = Math.min(all, cache.sequences * (Math.ceil(seen / pageTokens) + 1))
    return { window, memory, members, caches: members.map((index) => caches[index]), pages }
  })
}
