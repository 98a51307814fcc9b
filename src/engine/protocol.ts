/** What the caller's thread and the engine's worker say to each other: calls with typed parameters, events and results. */
import type { ChatEvent, ChatMessage, ChatOptions } from '../tools/chat-model.ts'
import type { Translation, TranslationRequest } from './translation.ts'
import type { LoadEvent, ModelInfo, PlanStep, ResolvedLoadOptions, StepProfile } from './model-info.ts'

/** Options that survive `postMessage`: everything but the signal, which travels as a `cancel` message. */
export type SendableOptions = Omit<ChatOptions, 'signal'>

export type Prompt =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] }
  | { readonly kind: 'infill'; readonly before: string; readonly after: string }

export interface LogitRows {
  readonly rows: number
  readonly vocabularySize: number
  /** [rows, vocabularySize] */
  readonly data: Float32Array
}

export interface EmbedSettings {
  readonly truncate: boolean
  /** Undefined: as the model's files say. */
  readonly normalize: boolean | undefined
}

export interface RerankSettings {
  readonly truncate: boolean
  readonly method: 'cross-encoder' | 'embedding'
}

export interface RankedDocument {
  /** Place among the documents as they were given. */
  readonly index: number
  /** Probability of relevance for a cross-encoder, cosine for vectors. */
  readonly score: number
}

/** What a model's source is after the caller's side looked at it: something that can be sent to a worker. */
export type SendableSource = string | Blob

/** Every method of the worker: what it takes, what it answers, what it reports meanwhile. */
export interface EngineMethods {
  readonly load: Method<{ source: SendableSource; options: ResolvedLoadOptions }, ModelInfo, LoadEvent>
  readonly generate: Method<{ prompt: Prompt; options: SendableOptions }, undefined, ChatEvent>
  readonly tokenize: Method<{ text: string; addSpecial: boolean; parseSpecial: boolean }, number[], never>
  readonly detokenize: Method<{ tokens: readonly number[]; special: boolean }, string, never>
  readonly render: Method<{ messages: readonly ChatMessage[]; options: SendableOptions }, string, never>
  readonly embed: Method<{ texts: readonly string[]; settings: EmbedSettings }, Float32Array[], never>
  readonly rerank: Method<
    { query: string; documents: readonly string[]; settings: RerankSettings },
    RankedDocument[],
    never
  >
  readonly logits: Method<{ tokens: readonly number[]; rows: 'all' | 'last' }, LogitRows, never>
  readonly score: Method<{ tokens: readonly number[]; from: number }, Float64Array, never>
  readonly tapPoints: Method<Record<never, never>, string[], never>
  readonly translate: Method<{ text: string; request: TranslationRequest }, Translation, never>
  readonly plan: Method<Record<never, never>, PlanStep[], never>
  readonly profile: Method<{ tokens: number; runs: number }, StepProfile[], never>
}

interface Method<Params, Result, Event> {
  readonly params: Params
  readonly result: Result
  readonly event: Event
}

export type MethodName = keyof EngineMethods

export type ToWorker =
  | { readonly type: 'call'; readonly id: number; readonly method: MethodName; readonly params: unknown }
  | { readonly type: 'cancel'; readonly id: number }

export type FromWorker =
  | { readonly type: 'events'; readonly id: number; readonly events: readonly unknown[] }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SentError }

/** An error as data; `code` is absent for failures that are not Ostro's own. */
export interface SentError {
  readonly code?: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly stack: string | undefined
}

/** One end of a channel. Messages arrive in order. */
export interface Port<Out, In> {
  readonly post: (message: Out, transfer?: ArrayBuffer[]) => void
  readonly onMessage: (handle: (message: In) => void) => void
}

/** The caller's end: it also learns of the worker's death and can end it. */
export interface WorkerPort extends Port<ToWorker, FromWorker> {
  readonly onDeath: (handle: (reason: string) => void) => void
  readonly terminate: () => Promise<void>
  /** Whether the worker keeps the process alive; only while there is work. */
  readonly keepAlive: (wanted: boolean) => void
}
