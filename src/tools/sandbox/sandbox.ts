/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A sandbox for JavaScript that nobody has read: QuickJS in a thread, with limits of time and memory, without files, network, modules or any
 * object of the host. The same code with the same seed gives the same outcome.
 */
import { OstroError } from '../../util/error.ts'
import type { ExecutionRequest, ExpressionOutcome, SandboxReply, SandboxWorker } from './protocol.ts'

export type { ExpressionOutcome }

export interface SandboxOptions {
  /** Of computing, for one execution with all its expressions. Default 1,000. */
  readonly timeoutMs?: number | undefined
  /** Of one execution. At least 16 MiB, default 64 MiB. */
  readonly memoryBytes?: number | undefined
  /** Characters of the console that are kept; what is cut is told. Default 4,000. */
  readonly outputChars?: number | undefined
}

export interface ExecutionOptions {
  /** Of the code's `Math.random`. Default 0. */
  readonly seed?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Execution {
  /** One for each expression that ended, in order. */
  readonly outcomes: readonly ExpressionOutcome[]
  /** What the code wrote to its console in the last expression's realm. */
  readonly output: string
  /** `sandbox-time` or `sandbox-memory`: what ended the execution before the expression after the last outcome had ended. */
  readonly failure: OstroError | undefined
}

export interface Sandbox extends Disposable {
  /**
   * Loads a source and evaluates each expression after it, in a realm of its own; promises are awaited. Values come written out, keys
   * sorted, so that equal values are equal texts. Calls wait for one another.
   * @throws OstroError `aborted`, `disposed`, `device` where the thread cannot be started
   */
  readonly evaluate: (source: string, expressions: readonly string[], options?: ExecutionOptions) => Promise<Execution>
}

/** Above the time limit, for starting and for what the interpreter does between two looks at the clock. */
const graceMs = 500
/** On a busy machine a thread waits more than it computes; it has so many times its limit before it is taken for stuck. */
const mostWaiting = 20
/** Instances leave address space behind that only a new thread gives back soon. */
const executionsPerWorker = 100

/**
 * Starts no thread yet: the first execution does. An idle sandbox keeps no process alive.
 * @throws OstroError `invalid-argument`
 * @example
 * using sandbox = createSandbox()
 * const { outcomes } = await sandbox.evaluate('const twice = (x) => 2 * x', ['twice(21)'])
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { timeoutMs = 1000, memoryBytes = 64 * 2 ** 20, outputChars = 4000 } = options
  checkLimit('timeoutMs', timeoutMs, 1)
  checkLimit('memoryBytes', memoryBytes, 16 * 2 ** 20)
  checkLimit('outputChars', outputChars, 0)
  let worker: WorkerSession | undefined
  let last: Promise<unknown> = Promise.resolve()
  let disposed = false
  const run = async (request: ExecutionRequest, signal: AbortSignal | undefined): Promise<Execution> => {
    if (disposed) throw new OstroError('disposed', 'sandbox: it was disposed of.')
    signal?.throwIfAborted()
    worker ??= await startSession()
    const session = worker
    try {
      return await session.execute(request, signal)
    } finally {
      if (!session.isUsable()) worker = undefined
    }
  }
  return {
    evaluate: (source, expressions, { seed = 0, signal } = {}) => {
      const request = { source, expressions, seed, timeoutMs, memoryBytes, outputChars }
      const execution = last.then(() => run(request, signal))
      last = execution.catch(() => undefined)
      return execution
    },
    [Symbol.dispose]: () => {
      disposed = true
      worker?.end()
    },
  }
}

interface WorkerSession {
  readonly execute: (request: ExecutionRequest, signal: AbortSignal | undefined) => Promise<Execution>
  /** False after a limit was reached, for then its thread is killed or its memory doubtful. */
  readonly isUsable: () => boolean
  readonly end: () => void
}

async function startSession(): Promise<WorkerSession> {
  const worker = await startWorker()
  let listener: { reply: (reply: SandboxReply) => void; death: (error: OstroError) => void } | undefined
  let usable = true
  let executions = 0
  worker.listen(
    (reply) => listener?.reply(reply),
    (reason) => {
      usable = false
      listener?.death(new OstroError('device', `sandbox: ${reason}.`))
    },
  )
  const end = (): void => {
    usable = false
    worker.terminate()
    listener?.death(new OstroError('disposed', 'sandbox: it was disposed of.'))
  }
  const execute: WorkerSession['execute'] = async (request, signal) => {
    const outcomes: ExpressionOutcome[] = []
    const { promise, resolve, reject } = Promise.withResolvers<Execution>()
    const stopWatch = watchTime(worker, request.timeoutMs + graceMs, () => {
      const message = `the code ran longer than ${request.timeoutMs} ms`
      resolve({ outcomes, output: '', failure: limitError('sandbox-time', message) })
      end()
    })
    const abort = (): void => {
      reject(new OstroError('aborted', 'sandbox: the execution was cancelled.'))
      end()
    }
    signal?.addEventListener('abort', abort, { once: true })
    listener = {
      reply: (reply) => {
        if (reply.type === 'ended') outcomes.push(reply.outcome)
        else if (reply.type === 'broken') reject(new OstroError('device', `sandbox: ${reply.message}.`))
        else if (reply.type === 'report') {
          const { limit, output } = reply.report
          const failure = limit === undefined ? undefined : limitError(limit.code, limit.message)
          resolve({ outcomes: reply.report.outcomes, output, failure })
          if (failure !== undefined) end()
        }
      },
      death: reject,
    }
    worker.hold(true)
    worker.post(request)
    try {
      return await promise
    } finally {
      stopWatch()
      signal?.removeEventListener('abort', abort)
      listener = undefined
      worker.hold(false)
      if (++executions >= executionsPerWorker) end()
    }
  }
  return { execute, isUsable: () => usable, end }
}

/** Calls `onOver` once the thread has computed for so long from now, or has had many times as long. */
function watchTime(worker: SandboxWorker, limitMs: number, onOver: () => void): () => void {
  let rounds = 0
  let open = true
  // A thread that has ended tells no time, and whoever waits for it hears of its end.
  const computed = (): Promise<number | undefined> => worker.computedMs().catch(() => undefined)
  let startedMs: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = async (): Promise<void> => {
    const computedMs = await computed()
    if (!open) return
    const left = startedMs === undefined || computedMs === undefined ? 0 : limitMs - (computedMs - startedMs)
    if (left <= 0 || ++rounds >= mostWaiting) onOver()
    else timer = setTimeout(look, Math.max(50, left))
  }
  const start = async (): Promise<void> => {
    startedMs = await computed()
    if (open) timer = setTimeout(look, limitMs)
  }
  void start()
  return () => {
    open = false
    clearTimeout(timer)
  }
}

async function startWorker(): Promise<SandboxWorker> {
  if (typeof process === 'undefined' || process.versions?.node === undefined) {
    throw new OstroError('unsupported', 'sandbox: threads of Node, Bun or Deno expected; in a page there are none.')
  }
  const { startSandboxWorker } = await import('./worker-host.node.ts')
  const worker = startSandboxWorker()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  worker.listen(
    (reply) => reply.type === 'started' && resolve(),
    (reason) => reject(new OstroError('device', `sandbox: ${reason}.`)),
  )
  await promise
  return worker
}

function limitError(code: 'sandbox-time' | 'sandbox-memory', message: string): OstroError {
  return new OstroError(code, `sandbox: ${message}. Give it less to do, or raise the limit.`)
}

function checkLimit(option: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return
  const message = `sandbox: ${option} of at least ${least} expected, got ${value}.`
  throw new OstroError('invalid-argument', message, { option, value })
}
