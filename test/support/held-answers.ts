/** Answers of a scripted model of which some are held back until nobody wants them any more, or until all the others have been given. */
import type { ScriptedRequest } from '../../src/testing/index.ts'

export interface HeldAnswers {
  readonly answers: (request: ScriptedRequest) => Promise<string>
  /** Lets the held ones go. */
  readonly release: () => void
  /** How each of them came to be let go. */
  readonly released: () => readonly ('aborted' | 'released')[]
}

/** @param held numbers of the calls that wait */
export function heldAnswers(texts: readonly string[], held: readonly number[]): HeldAnswers {
  const gate = Promise.withResolvers<'released'>()
  const ways: ('aborted' | 'released')[] = []
  return {
    release: () => gate.resolve('released'),
    released: () => ways,
    answers: async ({ call, options: { signal } }) => {
      if (held.includes(call)) {
        const aborted = new Promise<'aborted'>((resolve) =>
          signal?.addEventListener('abort', () => resolve('aborted'), { once: true }),
        )
        ways.push(await Promise.race([gate.promise, aborted]))
      }
      return texts[call]
    },
  }
}
