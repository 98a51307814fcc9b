/** What a search asks of models and environments. Over real ones it is `modelWorld`; simulations and tests give their own. */
import type { Verdict } from '../../tools/steps/verifier.ts'
import type { JsonValue } from '../../util/json.ts'
import type { SearchCost, SearchNode } from './node.ts'

export interface Proposal<A> {
  /** Canonical text: proposals of the same key are the same action. */
  readonly key: string
  readonly action: A
  /** The model's own, among what was legal; where one reading told those of all actions. */
  readonly probability?: number | undefined
}

export interface Proposals<A> {
  /** In the order of the samples; without those that are no actions. */
  readonly proposals: readonly Proposal<A>[]
  /** Number of legal actions, where known. */
  readonly legal: number | undefined
  /** Why there are fewer samples than asked for. */
  readonly failure?: unknown
}

export interface Stepped {
  readonly observation: string
  readonly snapshot: JsonValue
  readonly done: boolean
  readonly reward?: number | undefined
}

export interface ProposalRequest {
  readonly samples: number
  /** In their place so many different actions, where one reading tells the probabilities of all. Default: they are sampled. */
  readonly drawn?: number | undefined
  /** Counts the expansions of this node from 0; of rollouts a name of its own. */
  readonly expansion: number | string
  /** Keys that are not wanted again, where it can be helped. */
  readonly excluded?: ReadonlySet<string> | undefined
}

/** What stays the same throughout one iteration. */
export interface IterationContext {
  /** Number of the iteration, from 0. */
  readonly iteration: number
  /** Texts of the reflections that its prompts show. */
  readonly reflections: readonly string[]
  /** Counted up by the world. */
  readonly cost: SearchCost
}

export interface SearchWorld<A> {
  /** `samples` actions after a node, in one batch. */
  propose(node: SearchNode, request: ProposalRequest, context: IterationContext): Promise<Proposals<A>>
  step(node: SearchNode, action: A, context: IterationContext): Promise<Stepped>
  /** Judges a terminal. `node` is a draft: it has all but its verdict. */
  judge(node: SearchNode, outcome: Stepped, context: IterationContext): Promise<Verdict>
  /** How good a state is that is no terminal, 0 to 1. */
  evaluate(node: SearchNode, context: IterationContext): Promise<number>
  /** What to do otherwise after a failed terminal. Absent: no reflections. */
  reflect?(node: SearchNode, context: IterationContext): Promise<string>
}
