/** A trace as a file of JSON lines: what a round told is on the disk before the next one begins. */
import { open } from 'node:fs/promises'
import type { RunLog } from '../tools/steps/run-log.ts'
import { OstroError } from '../util/error.ts'

export interface TraceFile extends RunLog, AsyncDisposable {}

/** Appends to the file. @throws OstroError `disk` */
export async function openTrace(path: string): Promise<TraceFile> {
  const failed = (cause: unknown): OstroError => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new OstroError('disk', `ostro: the trace ${path} cannot be written: ${reason}.`, { path }, { cause })
  }
  const file = await open(path, 'a').catch((cause: unknown) => {
    throw failed(cause)
  })
  return {
    append: async (events) => {
      try {
        await file.appendFile(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
        await file.datasync()
      } catch (cause) {
        throw failed(cause)
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}
