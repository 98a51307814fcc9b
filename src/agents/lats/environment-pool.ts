/** Instances of one environment, lent out one at a time: each use begins from a snapshot and nobody steps in between. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Environment } from '../environment.ts'

export interface EnvironmentPool<A> {
  /** Waits for an instance and brings it to the snapshot. */
  readonly use: <T>(at: JsonValue, work: (environment: Environment<A>) => Promise<T>) => Promise<T>
  /** Waits for the uses that have begun, refuses all others, and brings the first instance to a snapshot. */
  readonly close: (at: JsonValue) => Promise<void>
}

export function createEnvironmentPool<A>(environment: Environment<A>): EnvironmentPool<A> {
  const free = [environment]
  let unmade = environment.copy === undefined ? 0 : environment.copies - 1
  const waiting: ((instance: Environment<A>) => void)[] = []
  const open = new Set<Promise<unknown>>()
  let closed = false
  const lend = (): Environment<A> | Promise<Environment<A>> => {
    const instance = free.pop()
    if (instance !== undefined) return instance
    if (unmade > 0 && environment.copy !== undefined) {
      unmade--
      return environment.copy()
    }
    return new Promise((resolve) => waiting.push(resolve))
  }
  const take = async <T>(at: JsonValue, work: (environment: Environment<A>) => Promise<T>): Promise<T> => {
    const instance = await lend()
    try {
      if (closed) throw new OstroError('aborted', 'environment: the search has ended.')
      await instance.restore(at)
      return await work(instance)
    } finally {
      const next = waiting.shift()
      if (next === undefined) free.push(instance)
      else next(instance)
    }
  }
  return {
    use: (at, work) => {
      const use = take(at, work)
      open.add(use)
      const end = (): void => void open.delete(use)
      use.then(end, end)
      return use
    },
    close: async (at) => {
      closed = true
      await Promise.allSettled(open)
      await environment.restore(at)
    },
  }
}
