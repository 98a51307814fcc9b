/** Block conversion on Node's worker threads; this file is also what they run. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type ErrorCode, OstroError } from '../../util/error.ts'
import { type BlockConverter, type BlockJob, convertBlocks } from './convert-blocks.ts'

export interface ConvertThreads extends AsyncDisposable {
  readonly convert: BlockConverter
}

type Reply =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } }

interface Waiting {
  readonly job: BlockJob
  readonly resolve: (bytes: Uint8Array<ArrayBuffer>) => void
  readonly reject: (error: Error) => void
}

const role = 'ostro-convert-blocks'

/** Starts `threads` workers; each converts one job at a time, jobs beyond that wait. */
export function startConvertThreads(threads: number): ConvertThreads {
  const queue: Waiting[] = []
  let failure: Error | undefined
  const pumps = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: role, execArgv: [] })
    let current: Waiting | undefined
    const pump = (): void => {
      if (current !== undefined) return
      current = queue.shift()
      if (current !== undefined) worker.postMessage(current.job, [current.job.bytes.buffer])
    }
    const fail = (error: Error): void => {
      failure ??= error
      for (const { reject } of queue.splice(0)) reject(error)
      current?.reject(error)
      current = undefined
    }
    worker.on('message', (reply: Reply) => {
      const done = current
      current = undefined
      if ('bytes' in reply) done?.resolve(reply.bytes)
      else done?.reject(new OstroError(reply.failure.code, reply.failure.message))
      pump()
    })
    worker.on('error', (cause) => {
      fail(new OstroError('device', `quantize: a thread died: ${String(cause)}`, {}, { cause }))
    })
    return { worker, pump }
  })
  return {
    convert: (job) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        queue.push({ job, resolve, reject })
        for (const { pump } of pumps) pump()
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(pumps.map(({ worker }) => worker.terminate()))
    },
  }
}

if (!isMainThread && workerData === role) {
  parentPort?.on('message', (job: BlockJob) => {
    const reply = answer(job)
    parentPort?.postMessage(reply, 'bytes' in reply ? [reply.bytes.buffer] : [])
  })
}

function answer(job: BlockJob): Reply {
  try {
    return { bytes: convertBlocks(job) }
  } catch (error) {
    if (!(error instanceof OstroError)) throw error
    return { failure: { code: error.code, message: error.message } }
  }
}
