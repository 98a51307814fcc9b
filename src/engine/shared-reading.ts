/** Requests that start together with the same long beginning: one reads it, the others wait for it and branch off. */
import { commonPrefix } from '../generate/stepper.ts'
import { OstroError } from '../util/error.ts'

export interface SharedReading {
  /** Somebody begins to read a prompt; `readTokens` tells how far it is. */
  readonly begin: (reading: Reading) => void
  /** Looks whether others can go on, after some of the prompt was read or at the end of the work on it. */
  readonly progress: (reading: Reading, ended: boolean) => void
  /**
   * Resolves when another's reading has come to where the prompts part; undefined where it is not worth waiting, because too little
   * is shared or `heldTokens` of the prompt can be had already.
   */
  readonly wait: (
    prompt: readonly number[],
    key: string | undefined,
    heldTokens: number,
    signal: AbortSignal,
  ) => Promise<void> | undefined
}

export interface Reading {
  readonly prompt: readonly number[]
  readonly key: string | undefined
  readonly readTokens: () => number
}

/** Tokens that have to be saved: the wait costs a round or two. */
const leastSavedTokens = 64

export function createSharedReading(): SharedReading {
  const waiting = new Map<Reading, Set<{ readonly untilTokens: number; readonly goOn: () => void }>>()
  return {
    begin: (reading) => void waiting.set(reading, new Set()),
    progress: (reading, ended) => {
      for (const { untilTokens, goOn } of waiting.get(reading) ?? []) {
        if (ended || reading.readTokens() >= untilTokens) goOn()
      }
      if (ended || reading.readTokens() >= reading.prompt.length) waiting.delete(reading)
    },
    wait: (prompt, key, heldTokens, signal) => {
      for (const [reading, others] of waiting) {
        if (reading.key !== key) continue
        const untilTokens = commonPrefix(reading.prompt, prompt)
        if (untilTokens - Math.max(heldTokens, reading.readTokens()) < leastSavedTokens) continue
        return new Promise((resolve, reject) => {
          const end = (settle: () => void) => (): void => {
            signal.removeEventListener('abort', aborted)
            others.delete(waiter)
            settle()
          }
          const aborted = end(() =>
            reject(new OstroError('aborted', 'engine: the signal fired while the call waited its turn.')),
          )
          const waiter = { untilTokens, goOn: end(resolve) }
          others.add(waiter)
          if (signal.aborted) aborted()
          else signal.addEventListener('abort', aborted, { once: true })
        })
      }
      return undefined
    },
  }
}
