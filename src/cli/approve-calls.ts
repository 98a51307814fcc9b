/** Asks a person on the terminal whether a call may run: one question at a time, each about exactly these arguments. */
import { createInterface } from 'node:readline/promises'
import type { Approval } from '../tools/tool.ts'
import { plainText } from './index-options.ts'

interface AskedCall {
  readonly name: string
  /** JSON. */
  readonly arguments: string
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/** @param signal ends open questions with a denial */
export function approveCalls({ input, output }: Terminal, signal: AbortSignal) {
  let before: Promise<unknown> = Promise.resolve()
  const ask = async ({ name, arguments: text }: AskedCall): Promise<Approval> => {
    const lines = createInterface({ input, output })
    // The terminal's Ctrl-C is readline's while it asks.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    try {
      const answer = await lines.question(`Run ${plainText(`${name} ${text}`)}? [y/N] `, { signal })
      return /^y(es)?$/i.test(answer.trim()) ? true : { denied: 'the user said no' }
    } catch (error) {
      if (signal.aborted) return { denied: 'the run was stopped' }
      throw error
    } finally {
      lines.close()
    }
  }
  return (call: AskedCall): Promise<Approval> => {
    const asked = before.then(() => ask(call))
    // A question that failed has been told to whoever asked it; the next one is asked all the same.
    before = asked.then(
      () => {},
      () => {},
    )
    return asked
  }
}
