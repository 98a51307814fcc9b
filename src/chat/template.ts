/** Renders chat templates in a worker with limits of time and memory: a template is a program from a stranger. */
import { OstroError } from '../util/error.ts'
import type { TemplateInput } from './message.ts'
import type { TemplateReply, TemplateRequest, TemplateWorker } from './template-protocol.ts'
import { startTemplateWorker } from './worker-host.ts'

export interface TemplateOptions {
  /** Texts of the model's tokens, as `bos_token` and `eos_token`. Default: empty. */
  readonly bosToken?: string
  readonly eosToken?: string
  /** The date that `strftime_now` prints (local time). Without it a template sees no such function and uses its own default. */
  readonly now?: () => Date
  /** Time for one render, in milliseconds. Default 100. */
  readonly timeLimitMs?: number
  /** Memory of the worker, in bytes (threads only, at least 16 MiB). Default 64 MiB. */
  readonly memoryLimitBytes?: number
}

export interface TemplateRenderer {
  /**
   * The text of a chat, ready to be tokenised with `parseSpecial`.
   * @throws OstroError('template') when the template fails, refuses the messages or breaks a limit; its field `byTemplate`
   * tells whether the template itself refused. OstroError('aborted') when the signal fires, OstroError('disposed') after dispose.
   */
  render(input: TemplateInput, signal?: AbortSignal): Promise<string>
  /** Ends the worker. Renders under way fail. */
  dispose(): void
}

/** Loading the worker's code and parsing the template is not counted as rendering, but has an end too. */
const START_LIMIT_MS = 10_000
const COMPILE_LIMIT_MS = 1_000
/** A machine under load may give the worker little of the wall time; beyond this many times the limit it ends all the same. */
const MAX_WALL_TIMES = 20

/**
 * A renderer for one template. The worker starts with the first render and is replaced after a broken limit.
 * @example
 * const renderer = createTemplateRenderer('{% for m in messages %}{{ m.content }}{% endfor %}')
 * await renderer.render({ messages: [{ role: 'user', content: 'Hello' }] })
 */
export function createTemplateRenderer(template: string, options: TemplateOptions = {}): TemplateRenderer {
  const timeLimitMs = options.timeLimitMs ?? 100
  const memoryLimitBytes = options.memoryLimitBytes ?? 64 * 2 ** 20
  let session: Promise<Session> | undefined
  let last: Promise<unknown> = Promise.resolve()
  let disposed = false
  const stopped = new AbortController()

  async function open(): Promise<Session> {
    const opened = createSession(await startTemplateWorker(memoryLimitBytes))
    try {
      await opened.started(START_LIMIT_MS)
      await opened.ask(
        { type: 'compile', source: template, maxOutputLength: Math.floor(memoryLimitBytes / 4) },
        COMPILE_LIMIT_MS,
        stopped.signal,
      )
      return opened
    } catch (error) {
      opened.end()
      throw error
    }
  }

  async function renderNow(input: TemplateInput, signal: AbortSignal | undefined): Promise<string> {
    throwIfStopped(signal)
    session ??= open()
    const current = session
    try {
      const opened = await current
      throwIfStopped(signal)
      const either = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal
      const request: TemplateRequest = {
        type: 'render',
        context: contextOf(input, options),
        nowMs: options.now?.().getTime(),
      }
      const reply = await opened.ask(request, timeLimitMs, either)
      if (reply.type !== 'rendered') throw new OstroError('template', `template: expected a text, got ${reply.type}.`)
      return reply.text
    } catch (error) {
      // A template that refuses or fails leaves a sound worker; one that was ended is replaced by the next render.
      const sound = await current.then(
        (opened) => opened.alive(),
        () => false,
      )
      if (!sound && session === current) session = undefined
      if (disposed) throw disposedError()
      throw error
    }
  }

  function throwIfStopped(signal: AbortSignal | undefined): void {
    if (disposed) throw disposedError()
    if (signal?.aborted) throw abortedError(signal)
  }

  return {
    render(input, signal) {
      const result = last.then(() => renderNow(input, signal))
      last = result.catch(() => undefined)
      return result
    },
    dispose() {
      if (disposed) return
      disposed = true
      stopped.abort()
      session?.then(
        (opened) => opened.end(),
        () => undefined,
      )
    },
  }
}

/** The names that transformers gives to a template. */
function contextOf(input: TemplateInput, options: TemplateOptions): Record<string, unknown> {
  return {
    bos_token: options.bosToken ?? '',
    eos_token: options.eosToken ?? '',
    ...input.variables,
    messages: input.messages,
    tools: input.tools ?? null,
    documents: input.documents ?? null,
    add_generation_prompt: input.addGenerationPrompt ?? false,
  }
}

/** One worker and the request under way; requests come one at a time. */
interface Session {
  started(limitMs: number): Promise<void>
  ask(request: TemplateRequest, limitMs: number, signal: AbortSignal): Promise<TemplateReply>
  alive(): boolean
  end(): void
}

function createSession(worker: TemplateWorker): Session {
  let pending: { resolve(reply: TemplateReply): void; reject(error: Error): void } | undefined
  let death: string | undefined
  let hasStarted = false

  worker.listen(
    (reply) => {
      if (reply.type === 'started') hasStarted = true
      settle((waiting) => waiting.resolve(reply))
    },
    (reason) => {
      death ??= reason
      settle((waiting) => waiting.reject(templateError(death ?? reason)))
    },
  )

  function settle(act: (waiting: NonNullable<typeof pending>) => void): void {
    const waiting = pending
    pending = undefined
    if (waiting) act(waiting)
  }

  function end(reason = 'its worker was ended'): void {
    death ??= reason
    worker.terminate()
    settle((waiting) => waiting.reject(templateError(death ?? reason)))
  }

  /** The next reply, or an error after the limit, when the worker dies or when the signal fires. */
  async function next(limitMs: number, signal: AbortSignal | undefined): Promise<TemplateReply> {
    if (death !== undefined) throw templateError(death)
    worker.hold(true)
    let cpuBefore: number | undefined
    const cpuKnown = worker.cpuMs().then(
      (used) => (cpuBefore = used),
      () => undefined,
    )
    let timer: ReturnType<typeof setTimeout> | undefined
    const onAbort = (): void => {
      settle((waiting) => waiting.reject(signal ? abortedError(signal) : templateError('aborted')))
      end()
    }
    try {
      return await new Promise<TemplateReply>((resolve, reject) => {
        pending = { resolve, reject }
        let wallMs = 0
        const wait = (ms: number): void => {
          timer = setTimeout(() => void check(ms), ms)
        }
        const check = async (waitedMs: number): Promise<void> => {
          wallMs += waitedMs
          const cpu = await cpuKnown.then(() => worker.cpuMs()).catch(() => undefined)
          const usedMs = cpu === undefined || cpuBefore === undefined ? wallMs : cpu - cpuBefore
          if (!pending) return
          if (usedMs < limitMs && wallMs < limitMs * MAX_WALL_TIMES) wait(Math.max(5, limitMs - usedMs))
          else end(`it ran longer than ${limitMs} ms`)
        }
        if (signal?.aborted) onAbort()
        else {
          signal?.addEventListener('abort', onAbort, { once: true })
          wait(limitMs)
        }
      })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      if (death === undefined) worker.hold(false)
    }
  }

  return {
    async started(limitMs) {
      if (!hasStarted) await next(limitMs, undefined)
    },
    async ask(request, limitMs, signal) {
      const answer = next(limitMs, signal)
      worker.post(request)
      const reply = await answer
      if (reply.type === 'failed') throw templateError(reply.message, reply.byTemplate)
      return reply
    },
    alive: () => death === undefined,
    end,
  }
}

function templateError(reason: string, byTemplate = false): OstroError {
  const message = byTemplate
    ? `template: the model's chat template refuses these messages: ${reason}`
    : `template: the model's chat template could not be rendered: ${reason}. Pass another template or use plain completion.`
  return new OstroError('template', message, { reason, byTemplate })
}

function abortedError(signal: AbortSignal): OstroError {
  return new OstroError('aborted', 'template: rendering was aborted.', {}, { cause: signal.reason })
}

function disposedError(): OstroError {
  return new OstroError('disposed', 'template: the renderer was disposed of. Create a new one.')
}
