/** What the sandbox's owner and its worker thread say to each other. */

export interface ExecutionRequest {
  readonly source: string
  readonly expressions: readonly string[]
  readonly seed: number
  readonly timeoutMs: number
  readonly memoryBytes: number
  readonly outputChars: number
}

/** What an expression came to: its value, written out, or the error that it threw, as `name: message`. */
export type ExpressionOutcome = { readonly value: string } | { readonly error: string }

export type LimitCode = 'sandbox-time' | 'sandbox-memory'

export interface ExecutionReport {
  /** One for each expression that ended, in order. */
  readonly outcomes: readonly ExpressionOutcome[]
  /** What the code wrote to its console. */
  readonly output: string
  /** The limit that ended the execution early. */
  readonly limit?: { readonly code: LimitCode; readonly message: string }
}

export type SandboxReply =
  | { readonly type: 'started' }
  /** An expression has ended: what is known of an execution that has to be killed later. */
  | { readonly type: 'ended'; readonly outcome: ExpressionOutcome }
  | { readonly type: 'report'; readonly report: ExecutionReport }
  | { readonly type: 'broken'; readonly message: string }

/** A thread that executes one request after the other. */
export interface SandboxWorker {
  readonly post: (request: ExecutionRequest) => void
  readonly listen: (onReply: (reply: SandboxReply) => void, onDeath: (reason: string) => void) => void
  /** Whether the process waits for it. */
  readonly hold: (busy: boolean) => void
  /** Time that the thread has computed since its start, where that is known. */
  readonly computedMs: () => Promise<number | undefined>
  readonly terminate: () => void
}
