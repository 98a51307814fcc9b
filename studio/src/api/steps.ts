/** Tasks and agents of the server: what there is, and their runs as streams of events. */
import { streamJson } from './event-stream.ts'
import { request } from './request.ts'

export type StepKind = 'tasks' | 'agents'

/** The part of JSON Schema that forms are made from. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minItems?: number
  /** Of a choice that decides what the step works on: how its input is written under each. */
  readonly 'x-input-forms'?: Readonly<Record<string, string>>
}

export interface Step {
  readonly name: string
  readonly description: string
  /** `scores`, `encoder`, `translator`, `critic`, `tools`, `memory`, `search`, `sandbox`. */
  readonly uses: readonly string[]
  /** Whether this server runs it. */
  readonly allowed: boolean
  readonly config: JsonSchema
  readonly input: JsonSchema
}

export interface StepList {
  readonly data: readonly Step[]
  /** The most that one run may spend, by unit. */
  readonly budget: Readonly<Record<string, number>>
}

/** @throws {ApiError} */
export async function listSteps(kind: StepKind): Promise<StepList> {
  const response = await request(`/v1/${kind}`)
  return (await response.json()) as StepList
}

export interface RunRequest {
  readonly model: string
  readonly input: unknown
  readonly config: unknown
  readonly budget?: Readonly<Record<string, number>>
  readonly seed?: number
  /** Another model that judges. */
  readonly critic?: string
}

export interface Spent {
  readonly tokensSeen: number
  readonly tokensComputed: number
  readonly wallMs: number
  readonly modelCalls: number
  readonly toolCalls: number
  readonly nodes: number
}

export interface Verdict {
  readonly passed: boolean
  readonly score: number
  readonly feedback: string
}

export interface RunWarning {
  readonly code: string
  readonly message: string
}

/** What a run came to. */
export interface RunAnswer {
  readonly name: string
  readonly model: string
  readonly seed: number
  readonly reason: string
  readonly verified: boolean
  readonly warnings: readonly RunWarning[]
  readonly spent: Spent
  readonly output: unknown
}

/** The events that the page shows; it ignores those that it does not know. */
export type RunEvent =
  | { readonly type: 'round-start'; readonly round: number }
  | { readonly type: 'call-start'; readonly call: number; readonly purpose: string; readonly model: string }
  | { readonly type: 'text-delta'; readonly call: number; readonly text: string }
  | { readonly type: 'end'; readonly call: number }
  | { readonly type: 'candidate-add'; readonly index: number; readonly candidate: unknown }
  | { readonly type: 'verdict-add'; readonly index: number; readonly verdict: Verdict }
  | { readonly type: 'critique-add'; readonly index: number; readonly critique: unknown }
  | { readonly type: 'reflection-add'; readonly text: string; readonly node?: number }
  | { readonly type: 'memory-read'; readonly reflections: readonly string[] }
  | { readonly type: 'tool-result'; readonly name: string; readonly result: string; readonly failed: boolean }
  | {
      readonly type: 'node-create'
      readonly node: number
      readonly parent?: number
      readonly action: string
      readonly observation: string
      /** On the way of a plain attempt, which the search does not go on from. */
      readonly rollout?: boolean
    }
  | {
      readonly type: 'node-evaluate'
      readonly node: number
      readonly value: number
      readonly selfConsistency: number
      readonly verdict?: Verdict
    }
  | { readonly type: 'path-update'; readonly path: readonly number[]; readonly reward: number }
  | { readonly type: 'node-exhaust'; readonly node: number }
  | { readonly type: 'progress'; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly type: 'budget-update'; readonly spent: Spent }
  | { readonly type: 'warning-add'; readonly warning: RunWarning }
  | ({ readonly type: 'step-output' } & RunAnswer)

/** @throws {ApiError} */
export function streamRun(
  kind: StepKind,
  name: string,
  run: RunRequest,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  return streamJson<RunEvent>(`/v1/${kind}/${name}`, { ...run, stream: true }, signal)
}
