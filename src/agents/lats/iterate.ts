/**
 * One iteration: expand the selected node, simulate from its best new child to an end, reflect on a failure. It changes nothing of the
 * tree and sees only what was there when it began, so that iterations in flight cannot disturb each other's results.
 */
import { draftOf, expand, type Expansion, type ExpandSettings } from './expand.ts'
import { createNode, type SearchCost, type SearchNode, type SearchTree } from './node.ts'
import { firstGreatest } from './rules.ts'
import type { IterationContext, SearchWorld } from './world.ts'

export interface IterateSettings extends ExpandSettings {
  readonly valueShare: number
  /** Whether to go on from the best new child to an end; off where every child is a whole candidate. */
  readonly simulate: boolean
  /** Most reflections of the search. */
  readonly reflections: number
}

/** All that an iteration depends on: with it a search that was killed begins the iteration anew, and it comes to the same. */
export interface IssuedIteration {
  readonly iteration: number
  readonly kind: 'search' | 'outcome' | 'rollout'
  /** The node to expand; of a rollout the root. */
  readonly node: number
  /** Which of the node's expansions this is. */
  readonly expansion: number
  /** Children that the node had when the iteration began. */
  readonly known: number
  /** Reflections that there were. */
  readonly reflections: number
}

export interface IterationRecord {
  readonly expansions: readonly Expansion[]
  /** Best child of each expansion. */
  readonly picks: readonly SearchNode[]
  /** Undefined where the iteration was broken off or found nothing new. */
  readonly reward: number | undefined
  readonly reflection: string | undefined
  readonly cost: SearchCost
  readonly failure: unknown
}

export async function iterate<A>(
  world: SearchWorld<A>,
  tree: SearchTree,
  issued: IssuedIteration,
  settings: IterateSettings,
): Promise<IterationRecord> {
  const cost: SearchCost = { modelCalls: 0, tokens: 0 }
  const shown = tree.reflections.slice(0, issued.reflections)
  const context = { iteration: issued.iteration, reflections: shown.map(({ text }) => text), cost }
  const start = tree.nodes[issued.node]
  const expansions: Expansion[] = []
  const picks: SearchNode[] = []
  let reflection: string | undefined
  let failure: unknown
  const isRollout = issued.kind === 'rollout'
  const byOutcome = issued.kind === 'outcome'
  const how = byOutcome ? { ...settings, samples: 1, drawn: settings.samples, valueShare: undefined } : settings
  const search = async (): Promise<number | undefined> => {
    for (let node = start, { expansion, known } = issued; ; expansion = 0, known = 0) {
      const found = await expand(world, node, { expansion, known, anew: byOutcome }, how, context)
      expansions.push(found)
      failure = found.failure
      if (found.children.length === 0) return undefined
      const best = byOutcome
        ? nextOf(found.children, settings.depth)
        : firstGreatest(found.children, ({ prior }) => prior)
      picks.push(best)
      if (failure !== undefined) return undefined
      if (isEnd(best, settings.depth) || !settings.simulate) return best.prior
      node = best
    }
  }
  try {
    const reward = await (isRollout ? rollOut(world, start, issued, settings, context, picks) : search())
    const last = picks.at(-1)
    if (reward !== undefined && last?.verdict?.passed === false && !isRollout) {
      const about = shown.map(({ node }) => answerOf(tree.nodes[node]))
      const wanted = issued.reflections < settings.reflections && !about.includes(answerOf(last))
      if (wanted && world.reflect !== undefined) reflection = await world.reflect(last, context)
    }
    return { expansions, picks, reward, reflection, cost, failure }
  } catch (error) {
    return { expansions, picks, reward: undefined, reflection, cost, failure: error }
  }
}

/** Where an iteration without values goes on: an end that passes, else the first drawn that is no end, else the best end. */
function nextOf(children: readonly SearchNode[], depth: number): SearchNode {
  return (
    children.find(({ verdict }) => verdict?.passed === true) ??
    children.find((child) => !isEnd(child, depth)) ??
    firstGreatest(children, ({ prior }) => prior)
  )
}

/** What tells failed answers apart: the state that they end in. */
export const answerOf = ({ snapshot }: SearchNode): string => JSON.stringify(snapshot)

export const isEnd = ({ terminal, depth }: SearchNode, limit: number): boolean => terminal || depth >= limit

/** One sample a level, no evaluations: what best-of-n does. */
async function rollOut<A>(
  world: SearchWorld<A>,
  start: SearchNode,
  { iteration }: IssuedIteration,
  settings: IterateSettings,
  context: IterationContext,
  picks: SearchNode[],
): Promise<number | undefined> {
  for (let node = start; !isEnd(node, settings.depth);) {
    const { proposals, failure } = await world.propose(node, { samples: 1, expansion: `r${iteration}` }, context)
    if (failure !== undefined) throw failure
    if (proposals.length === 0) return undefined
    const [{ key, action }] = proposals
    const outcome = await world.step(node, action, context)
    const fields = { ...draftOf(node, key, outcome), rollout: true }
    const draft = createNode(fields)
    const verdict = outcome.done ? await world.judge(draft, outcome, context) : undefined
    node = verdict === undefined ? draft : createNode({ ...fields, verdict, prior: verdict.score })
    picks.push(node)
  }
  return picks.at(-1)?.prior
}
