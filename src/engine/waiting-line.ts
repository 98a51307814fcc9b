/** Callers who wait for room: first come, first served, and no more than so many. */
import { OstroError } from '../util/error.ts'

export interface WaitingLine {
  /**
   * What `take` gives, as soon as it gives something and nobody who came earlier waits.
   * @throws OstroError `overloaded` when too many wait, `aborted` when the signal fires, and what `take` throws
   */
  readonly enter: <T>(take: () => T | undefined, signal: AbortSignal) => Promise<T>
  /** Lets those go on for whom there is room now. */
  readonly serve: () => void
  readonly length: number
}

interface Waiting {
  /** Whether it got what it waits for, or was refused for good. */
  readonly attempt: () => boolean
}

export function createWaitingLine(mostWaiting: number): WaitingLine {
  const line: Waiting[] = []
  const serve = (): void => {
    while (line.length > 0 && line[0].attempt()) line.shift()
  }
  return {
    serve,
    get length() {
      return line.length
    },
    enter: <T>(take: () => T | undefined, signal: AbortSignal) =>
      new Promise<T>((resolve, reject) => {
        const aborted = (): void => {
          const at = line.indexOf(waiting)
          if (at >= 0) line.splice(at, 1)
          reject(new OstroError('aborted', 'engine: the signal fired while the call waited its turn.'))
          // The next one may need less.
          if (at === 0) serve()
        }
        const waiting: Waiting = {
          attempt: () => {
            try {
              const taken = take()
              if (taken === undefined) return false
              resolve(taken)
            } catch (error) {
              reject(error)
            }
            signal.removeEventListener('abort', aborted)
            return true
          },
        }
        if (signal.aborted) return aborted()
        if (line.length === 0 && waiting.attempt()) return
        if (line.length >= mostWaiting) {
          const message = `engine: ${line.length} calls wait for this model already. Try again later.`
          return reject(new OstroError('overloaded', message, { waiting: line.length }))
        }
        signal.addEventListener('abort', aborted, { once: true })
        line.push(waiting)
      }),
  }
}
