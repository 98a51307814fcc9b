/** Expansion: a batch of samples becomes new children, each stepped, and judged or evaluated. */
import { createNode, type SearchNode } from './node.ts'
import type { IterationContext, SearchWorld, Stepped } from './world.ts'

export interface ExpandSettings {
  /** n: samples of one expansion. */
  readonly samples: number
  /** λ: share of the model's value in the prior; the rest is self-consistency. Undefined: states have no prior, and nothing is asked. */
  readonly valueShare: number | undefined
  /** Different actions of an expansion where one reading tells the probabilities of all. Undefined: they are sampled. */
  readonly drawn?: number | undefined
  /** Depth from which on nothing is expanded. */
  readonly depth: number
}

/** What an expansion found; applied to the tree later, in the order of the iterations. */
export interface Expansion {
  readonly node: SearchNode
  /** New to the node when the expansion began; not in the tree yet. */
  readonly children: readonly SearchNode[]
  /** Samples that named children of old. */
  readonly merged: readonly { readonly key: string; readonly samples: number }[]
  readonly legal: number | undefined
  /** What broke off the expansion; the children are those that were finished. */
  readonly failure: unknown
}

/** @param request `known`: how many children the node had when the iteration began; `anew`: none of them is to be proposed again */
export async function expand<A>(
  world: SearchWorld<A>,
  node: SearchNode,
  request: { readonly expansion: number; readonly known: number; readonly anew: boolean },
  settings: ExpandSettings,
  context: IterationContext,
): Promise<Expansion> {
  const { samples, drawn } = settings
  const { expansion, known, anew } = request
  const excluded = anew ? new Set(node.children.slice(0, known).map(({ action }) => action)) : undefined
  const proposed = await world.propose(node, { samples, drawn, expansion, excluded }, context)
  const drafts = new Map<string, { readonly action: A; readonly probability: number | undefined; samples: number }>()
  for (const { key, action, probability } of proposed.proposals) {
    const draft = drafts.get(key)
    if (draft === undefined) drafts.set(key, { action, probability, samples: 1 })
    else draft.samples++
  }
  const merged: { key: string; samples: number }[] = []
  const growing: Promise<SearchNode>[] = []
  const isKnown = (key: string): boolean => {
    const at = node.children.findIndex(({ action }) => action === key)
    return at >= 0 && at < known
  }
  for (const [key, draft] of drafts) {
    if (isKnown(key)) merged.push({ key, samples: draft.samples })
    else growing.push(grow(world, node, { key, ...draft }, settings, context))
  }
  const grown = await Promise.allSettled(growing)
  const broken = grown.find((child) => child.status === 'rejected')
  return {
    node,
    children: grown.flatMap((child) => (child.status === 'fulfilled' ? [child.value] : [])),
    merged,
    legal: proposed.legal,
    failure: proposed.failure ?? broken?.reason,
  }
}

interface ChildDraft<A> {
  readonly key: string
  readonly action: A
  readonly samples: number
  readonly probability: number | undefined
}

async function grow<A>(
  world: SearchWorld<A>,
  parent: SearchNode,
  { key, action, samples, probability }: ChildDraft<A>,
  settings: ExpandSettings,
  context: IterationContext,
): Promise<SearchNode> {
  const outcome = await world.step(parent, action, context)
  const selfConsistency = probability ?? samples / settings.samples
  const fields = { ...draftOf(parent, key, outcome), selfConsistency, samples }
  const draft = createNode(fields)
  if (outcome.done) {
    const verdict = await world.judge(draft, outcome, context)
    return createNode({ ...fields, verdict, prior: verdict.score })
  }
  const { valueShare } = settings
  if (valueShare === undefined) return draft
  const value = valueShare === 0 ? 0 : await world.evaluate(draft, context)
  return createNode({ ...fields, prior: valueShare * value + (1 - valueShare) * selfConsistency })
}

export function draftOf(parent: SearchNode, key: string, { observation, snapshot, done }: Stepped) {
  return { parent, action: key, observation, snapshot, terminal: done }
}
