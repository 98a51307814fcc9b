/** Keys and values of the reference device: pages that the host places, as on every other device, but read row by row. */
import { groupCaches } from '../../tensor/cache-groups.ts'
import type { CacheGroup } from '../../tensor/cache-groups.ts'
import { joinBytes, splitBytes } from '../../tensor/page-bytes.ts'
import { pageTokens } from '../../tensor/device.ts'
import type { CachePages, LoadOptions } from '../../tensor/device.ts'
import type { CacheSpec } from '../../tensor/graph.ts'
import type { ReferenceCache } from '../../tensor/op.ts'
import { OstroError } from '../../util/error.ts'

export interface ReferencePages extends CachePages {
  readonly groups: readonly CacheGroup[]
  /** By cache index, as the attention op names them. */
  readonly rows: readonly ReferenceCache[]
  readonly sizeBytes: number
}

export function createPages(specs: readonly CacheSpec[], options: LoadOptions): ReferencePages {
  const groups = groupCaches(specs, options)
  // Page of (sequence, index) by group; -1 where the host has set none.
  const tables = groups.map(() => Array.from({ length: options.cache.sequences }, (): number[] => []))
  const stores = specs.map((spec, cache) => {
    const { pages } = groups[groupOf(groups, cache)]
    const length = pages * pageTokens * spec.kvHeads * spec.headDim
    return { keys: new Float32Array(length), values: new Float32Array(length) }
  })
  const check = (name: string, value: number, count: number): void => {
    if (Number.isSafeInteger(value) && value >= 0 && value < count) return
    throw new OstroError('invalid-argument', `cache pages: expected ${name} from 0 to ${count - 1}, got ${value}.`)
  }
  const checkPage = (group: number, page: number): void => {
    check('group', group, groups.length)
    check('page', page, groups[group].pages)
  }
  /** Keys, then values, of each layer of a group. */
  const partsOf = (group: number, page: number): Float32Array[] => {
    checkPage(group, page)
    return groups[group].members.flatMap((cache) => {
      const length = pageTokens * specs[cache].kvHeads * specs[cache].headDim
      return [stores[cache].keys, stores[cache].values].map((data) => data.subarray(page * length, (page + 1) * length))
    })
  }
  const rowsOf = (cache: number, data: Float32Array) => (sequence: number, position: number) => {
    const page = tables[groupOf(groups, cache)][sequence]?.[Math.floor(position / pageTokens)]
    if (page === undefined) {
      const message = `attention: expected a cache page for position ${position} of sequence ${sequence}, but none is set.`
      throw new OstroError('invalid-argument', message, { sequence, position })
    }
    const width = specs[cache].kvHeads * specs[cache].headDim
    const start = (page * pageTokens + (position % pageTokens)) * width
    return data.subarray(start, start + width)
  }
  return {
    groups,
    rows: stores.map(({ keys, values }, cache) => ({ key: rowsOf(cache, keys), value: rowsOf(cache, values) })),
    sizeBytes: stores.reduce((sum, { keys, values }) => sum + keys.byteLength + values.byteLength, 0),
    setPage(group, sequence, index, page) {
      checkPage(group, page)
      check('sequence', sequence, options.cache.sequences)
      check('index', index, 2 ** 24)
      tables[group][sequence][index] = page
    },
    copyPage(group, from, to) {
      const source = partsOf(group, from)
      partsOf(group, to).forEach((part, index) => part.set(source[index]))
    },
    attentionShares(cache, { sequence, keyHead, values, from, to, scale, softcap }) {
      const { headDim } = specs[cache]
      const keyOf = rowsOf(cache, stores[cache].keys)
      const scores = Array.from({ length: to - from }, (_, index) => {
        const key = keyOf(sequence, from + index).subarray(keyHead * headDim, (keyHead + 1) * headDim)
        const score = scale * key.reduce((sum, value, d) => sum + value * values[d], 0)
        return softcap === undefined ? score : softcap * Math.tanh(score / softcap)
      })
      const greatest = scores.reduce((most, score) => Math.max(most, score), -Infinity)
      const powers = scores.map((score) => Math.exp(score - greatest))
      const sum = powers.reduce((total, power) => total + power, 0)
      return Float32Array.from(powers, (power) => power / sum)
    },
    readPage: (group, page) => joinBytes(partsOf(group, page)),
    writePage: (group, page, bytes) => splitBytes(bytes, partsOf(group, page)),
  }
}

function groupOf(groups: readonly CacheGroup[], cache: number): number {
  return groups.findIndex((group) => group.members.includes(cache))
}
