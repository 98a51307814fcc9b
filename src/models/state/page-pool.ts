/** Pages of one group, each with the number of its owners. */
import { OstroError } from '../../util/error.ts'

export interface PagePool {
  readonly size: number
  readonly free: number
  /** A free page, with one owner. @throws OstroError `out-of-memory` */
  take(): number
  /** One owner more. */
  share(page: number): void
  /** One owner less; the page is free after the last. */
  release(page: number): void
  owners(page: number): number
}

export function createPagePool(size: number): PagePool {
  const counts = new Uint32Array(size)
  // Taken from the end, so that the first pages are used first.
  const free = Array.from({ length: size }, (_, index) => size - 1 - index)
  return {
    size,
    get free() {
      return free.length
    },
    take() {
      const page = free.pop()
      if (page === undefined) throw new OstroError('out-of-memory', `pages: all ${size} are in use.`, { pages: size })
      counts[page] = 1
      return page
    },
    share(page) {
      counts[page]++
    },
    release(page) {
      counts[page]--
      if (counts[page] === 0) free.push(page)
    },
    owners: (page) => counts[page],
  }
}
