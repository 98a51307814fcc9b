/** The world that an agent acts in: a game, a file tree, a page. Searches copy it, so its state is JSON and can be brought back. */
import type { OutputFormat } from '../util/generation.ts'
import type { JsonValue } from '../util/json.ts'

export interface StepOutcome {
  /** For the model to read. */
  readonly observation: string
  readonly done: boolean
  /** 0 to 1; of the last step where there is one. */
  readonly reward?: number | undefined
}

/** An answer that is no action; the message goes back to the model. */
export interface InvalidAction {
  readonly invalid: string
}

export interface Environment<A> {
  /** What an action does to the world outside. A search refuses `irreversible` without approval. */
  readonly effect: 'pure' | 'reversible' | 'irreversible'
  /** Instances that may step at once; above 1 only with `copy`. */
  readonly copies: number
  /** Another instance, which steps beside this one. */
  copy?(): Environment<A>
  /** Starts a task. @throws OstroError `environment-failed` for a task that is not of its kind */
  reset(task: JsonValue, seed: number): Promise<JsonValue>
  /** The state now; survives the process. */
  snapshot(): Promise<JsonValue>
  restore(at: JsonValue): Promise<void>
  /** What the model reads of a state: the task and where it stands. */
  describe(): string
  step(action: A): Promise<StepOutcome>
  /** The action that a text names in the state now. The canonical text of an action names it. */
  parse(text: string): A | InvalidAction
  /** Equal actions have equal texts. */
  canonical(action: A): string
  /** What may be done now: all actions, or the form of one; undefined where anything may. */
  legal?(): Promise<readonly A[] | OutputFormat>
  /** Does for real what `step` only rehearsed: what an `irreversible` one needs to be searched at all. */
  carryOut?(actions: readonly A[]): Promise<void>
}

export const isInvalid = (action: unknown): action is InvalidAction =>
  typeof action === 'object' && action !== null && 'invalid' in action
