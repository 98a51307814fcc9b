/** A step: what is one library function, one command, one endpoint and one node of a canvas, told once. */
import type * as z from 'zod'
import type { LanguageModel } from '../language-model.ts'
import type { Tool } from '../tool.ts'
import type { Budget, Ledger } from './budget.ts'
import type { LoopOptions } from '../loop.ts'
import type { RunEvent } from './run-event.ts'
import type { CommitStore, Memory } from './trial-memory.ts'

export interface StepContext {
  readonly model: LanguageModel
  /** Sentence encoder, where one is at hand. */
  readonly encoder?: SentenceEncoder | undefined
  /** Encoder-decoder, where one is at hand. */
  readonly translator?: Translator | undefined
  /** Another model that judges, where one is at hand. */
  readonly critic?: LanguageModel | undefined
  /** What an agent may call; its settings choose among these by name, and name nothing else. */
  readonly tools?: readonly Tool[] | undefined
  /** Asked before each call of a tool with `needsApproval`. Default: such calls are denied. */
  readonly approve?: LoopOptions['approve']
  /** What earlier runs have learnt, and where this one leaves what it learns. Default: nothing is kept. */
  readonly memory?: Memory | undefined
  /** Where a search is kept; one that it holds already is gone on with. Default: nowhere. */
  readonly search?: CommitStore<unknown> | undefined
  readonly seed: number
  readonly signal: AbortSignal
  readonly budget?: Budget | undefined
  /** Of the run that this step is part of. */
  readonly parent?: Ledger | undefined
}

/** Texts to vectors: what of `Model` and `remoteEmbeddings` retrieval and clustering need. */
export interface SentenceEncoder {
  /** `truncate`: of a text that is too long the end is not read, instead of an error. */
  embed(
    texts: readonly string[],
    options?: { readonly truncate?: boolean | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<readonly Float32Array[]>
}

/** What of `Model` a translation needs. */
export interface Translator {
  translate(
    text: string,
    options: {
      readonly from?: string | undefined
      readonly to?: string | undefined
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<{ readonly text: string }>
}

export type StepEvent<Output> = RunEvent<unknown> | { readonly type: 'step-output'; readonly output: Output }

/**
 * `scores`: log-probabilities of given texts; `encoder`, `translator`, `critic`, `tools`, `memory`, `search`: those of the context;
 * `sandbox`: runs code that a model wrote.
 */
export type StepUse = 'scores' | 'encoder' | 'translator' | 'critic' | 'tools' | 'memory' | 'search' | 'sandbox'

export interface StepDefinition<Config = unknown, Input = unknown, Output = unknown> {
  /** Unique; the command's, the endpoint's and the node's name. */
  readonly name: string
  /** Grows when what it does or takes changes. */
  readonly version: number
  /** One sentence for users. */
  readonly description: string
  /** Settings, each with its default; forms are made from it. */
  readonly config: z.ZodType<Config>
  readonly input: z.ZodType<Input>
  readonly output: z.ZodType<Output>
  readonly effect: 'pure' | 'reversible' | 'idempotent' | 'irreversible'
  /** What it takes beside a model that answers; who runs it lends no more than that, and code runs only where its user allows it. */
  readonly uses?: readonly StepUse[] | undefined
  /** Of a step that uses the sandbox: whether it does with these settings. Default: with all. */
  readonly runsCode?: ((config: Config) => boolean) | undefined
  /** The last event is `step-output`. Leaving the loop cancels the step. */
  readonly run: (input: Input, config: Config, context: StepContext) => AsyncIterable<StepEvent<Output>>
}

/** A step as registries hold it: who runs it has parsed config and input with its own schemas. */
export function defineStep<Config, Input, Output>(step: StepDefinition<Config, Input, Output>): StepDefinition {
  return step as unknown as StepDefinition
}
