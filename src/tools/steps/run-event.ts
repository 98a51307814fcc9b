/** What a run of an agent or a task tells while it works, and what it comes to. Events are named noun-action; consumers ignore what they don't know. */
import type { ChatEvent } from '../chat-model.ts'
import type { BudgetUnit, Spent } from './budget.ts'
import type { Verdict } from './verifier.ts'

/**
 * `passed`: the verifier is content; `threshold`: the score is high enough; `plateau`: no better for a while; `exhausted`: nothing is left
 * to try; `stuck`: the same again and again; `answered`: an answer, where nobody verifies; `failed`: an error, which follows.
 */
export type RunEndReason =
  | 'passed'
  | 'threshold'
  | 'plateau'
  | 'exhausted'
  | 'stuck'
  | 'answered'
  | 'cancelled'
  | 'failed'
  | `budget-${BudgetUnit}`

export interface RunWarning {
  /** Such as `no-verifier`. */
  readonly code: string
  readonly message: string
}

export interface RunResult<C> {
  /** The best candidate, not the last: by passed, score, earlier. Undefined where there is none. */
  readonly best: C | undefined
  readonly verdict: Verdict | undefined
  /** Whether somebody other than a model has judged it. */
  readonly verified: boolean
  readonly reason: RunEndReason
  readonly spent: Spent
  readonly warnings: readonly RunWarning[]
}

/** An event of one of the models' answers; answers run side by side, `call` counts them from 0. */
export type ModelCallEvent = ChatEvent & { readonly call: number }

export type RunEvent<C> =
  | { readonly type: 'run-start'; readonly name: string; readonly seed: number }
  /** A call of a model begins. `purpose` says for what: `draft`, `critique`, `expand`, ... */
  | { readonly type: 'call-start'; readonly call: number; readonly purpose: string; readonly model: string }
  | ModelCallEvent
  | { readonly type: 'round-start'; readonly round: number }
  | { readonly type: 'candidate-add'; readonly index: number; readonly candidate: C }
  | { readonly type: 'verdict-add'; readonly index: number; readonly verdict: Verdict }
  | { readonly type: 'critique-add'; readonly index: number; readonly critique: unknown }
  /** `node`: the end of a search that failed. */
  | { readonly type: 'reflection-add'; readonly text: string; readonly node?: number }
  | { readonly type: 'memory-read'; readonly reflections: readonly string[] }
  | {
      readonly type: 'tool-result'
      readonly call: number
      readonly id: string
      readonly name: string
      readonly result: string
      readonly failed: boolean
    }
  | {
      readonly type: 'node-create'
      readonly node: number
      readonly parent: number | undefined
      readonly action: string
      readonly observation: string
      /** On the way of a plain rollout, beside the search. */
      readonly rollout: boolean
    }
  | {
      readonly type: 'node-evaluate'
      readonly node: number
      readonly value: number
      readonly selfConsistency: number
      /** Of terminals. */
      readonly verdict: Verdict | undefined
    }
  | { readonly type: 'path-update'; readonly path: readonly number[]; readonly reward: number }
  | { readonly type: 'node-exhaust'; readonly node: number }
  /** Doing of a task that is not an answer: a part of a text, a search. */
  | { readonly type: 'progress'; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly type: 'budget-update'; readonly spent: Spent }
  | { readonly type: 'warning-add'; readonly warning: RunWarning }
  | { readonly type: 'run-end'; readonly result: RunResult<C> }
