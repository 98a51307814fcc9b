/** What all requests of a server share. */
import type { Budget } from '../tools/steps/budget.ts'
import type { Memory } from '../tools/steps/trial-memory.ts'
import type { Tool } from '../tools/tool.ts'
import type { Admission } from './admission.ts'
import type { Endpoint } from './endpoint.ts'
import type { Metrics } from './metrics.ts'
import type { ModelPool } from './served-model.ts'

export interface ServerLimits {
  /** Requests that compute at once. Default 8. */
  readonly concurrency: number
  /** Requests that wait for a place. Default 128. */
  readonly queued: number
  /** Requests of one caller that wait. Default 64. */
  readonly queuedPerCaller: number
  /** Time that a request may take, waiting included. Default 10 minutes. */
  readonly deadlineMs: number
  /** Bytes of a body. Default 32 MiB. */
  readonly bodyBytes: number
  /** Silence in a stream after which a comment is sent. Default 15 s. */
  readonly keepAliveMs: number
  /** Bytes of a stream that wait for a slow reader. Default 192 KiB. */
  readonly streamBufferBytes: number
  /** Time after which a reader that takes nothing is left. Default 60 s. */
  readonly stallMs: number
  /** Most that one run of a task or an agent may spend. Default: see `defaultRunBudget`; `wallMs` is 90 % of the deadline. */
  readonly runBudget: Budget
}

const defaultRunBudget = {
  tokens: 2_000_000,
  modelCalls: 2000,
  toolCalls: 500,
  nodes: 2000,
  depth: 64,
  rounds: 64,
} as const satisfies Budget

const defaultLimits: Omit<ServerLimits, 'runBudget'> = {
  concurrency: 8,
  queued: 128,
  queuedPerCaller: 64,
  deadlineMs: 600_000,
  bodyBytes: 32 * 2 ** 20,
  keepAliveMs: 15_000,
  streamBufferBytes: 192 * 1024,
  stallMs: 60_000,
}

/** What is not said gets its default. */
export function limitsOf(given: Partial<ServerLimits> = {}): ServerLimits {
  const limits = { ...defaultLimits, ...given }
  const wallMs = Math.floor(limits.deadlineMs * 0.9)
  return { ...limits, runBudget: { ...defaultRunBudget, wallMs, ...given.runBudget } }
}

export interface LogRecord {
  readonly level: 'info' | 'error'
  readonly message: string
  readonly requestId?: string
  readonly error?: unknown
}

export interface ServerParts {
  readonly models: ModelPool
  readonly endpoints: readonly Endpoint[]
  /** Of the program, for what tells it. */
  readonly version: string
  readonly limits: ServerLimits
  readonly admission: Admission
  readonly metrics: Metrics
  /** Whether steps that run code which a model wrote may be asked for. */
  readonly allowSandbox: boolean
  /** What agents may call. */
  readonly tools: readonly Tool[]
  /** What agents have learnt, of all callers; each sees its own. */
  readonly memory: Memory | undefined
  readonly log: (record: LogRecord) => void
  /** Fires when the server is about to stop: no new work is taken. */
  readonly draining: AbortSignal | undefined
}
