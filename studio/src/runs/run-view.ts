/** What a run has told so far, folded out of its events for the page to show. */
import type { RunAnswer, RunEvent, RunWarning, Spent, Verdict } from '../api/steps.ts'

export interface CallView {
  readonly call: number
  readonly purpose: string
  readonly text: string
  readonly ended: boolean
}

export interface CandidateView {
  readonly index: number
  readonly round: number
  readonly candidate: unknown
  readonly verdict: Verdict | undefined
  readonly critique: unknown
}

/** A state that a search has reached. */
export interface TreeNode {
  readonly id: number
  readonly parent: number | undefined
  readonly action: string
  readonly observation: string
  /** v0, before any visit. */
  readonly value: number
  readonly selfConsistency: number
  /** N and W. */
  readonly visits: number
  readonly rewards: number
  readonly exhausted: boolean
  readonly rollout: boolean
  /** Of ends. */
  readonly verdict: Verdict | undefined
  readonly reflection: string | undefined
}

export interface RunView {
  readonly stage: { readonly name: string; readonly done: number; readonly total: number } | undefined
  readonly round: number
  readonly calls: readonly CallView[]
  readonly candidates: readonly CandidateView[]
  readonly reflections: readonly string[]
  readonly tools: readonly { readonly name: string; readonly result: string; readonly failed: boolean }[]
  /** By id. */
  readonly nodes: readonly TreeNode[]
  /** From the root, of the last iteration. */
  readonly path: readonly number[]
  readonly spent: Spent | undefined
  readonly warnings: readonly RunWarning[]
  readonly answer: RunAnswer | undefined
}

export const emptyRun: RunView = {
  stage: undefined,
  round: 0,
  calls: [],
  candidates: [],
  reflections: [],
  tools: [],
  nodes: [],
  path: [],
  spent: undefined,
  warnings: [],
  answer: undefined,
}

const newNode: TreeNode = {
  id: 0,
  parent: undefined,
  action: '',
  observation: '',
  value: 0,
  selfConsistency: 0,
  visits: 0,
  rewards: 0,
  exhausted: false,
  rollout: false,
  verdict: undefined,
  reflection: undefined,
}

export function foldRun(view: RunView, event: RunEvent): RunView {
  switch (event.type) {
    case 'round-start':
      return { ...view, round: event.round }
    case 'call-start':
      return { ...view, calls: [...view.calls, { call: event.call, purpose: event.purpose, text: '', ended: false }] }
    case 'text-delta':
      return changeCall(view, event.call, ({ text }) => ({ text: text + event.text }))
    case 'end':
      return changeCall(view, event.call, () => ({ ended: true }))
    case 'candidate-add': {
      const { index, candidate } = event
      const added = { index, round: view.round, candidate, verdict: undefined, critique: undefined }
      return { ...view, candidates: [...view.candidates, added] }
    }
    case 'verdict-add':
      return changeCandidate(view, event.index, { verdict: event.verdict })
    case 'critique-add':
      return changeCandidate(view, event.index, { critique: event.critique })
    case 'reflection-add': {
      const { node, text } = event
      return {
        ...view,
        reflections: [...view.reflections, text],
        nodes: node === undefined ? view.nodes : changeNode(view.nodes, node, () => ({ reflection: text })),
      }
    }
    case 'memory-read':
      return { ...view, reflections: [...event.reflections, ...view.reflections] }
    case 'tool-result': {
      const { name, result, failed } = event
      return { ...view, tools: [...view.tools, { name, result, failed }] }
    }
    case 'node-create': {
      const { node: id, parent, action, observation, rollout = false } = event
      const known = parent === undefined || view.nodes.some((node) => node.id === parent)
      // A search does not tell its root: it is there when its first child comes.
      const nodes = known ? view.nodes : [...view.nodes, { ...newNode, id: parent }]
      return { ...view, nodes: [...nodes, { ...newNode, id, parent, action, observation, rollout }] }
    }
    case 'node-evaluate': {
      const { node, value, selfConsistency, verdict } = event
      return { ...view, nodes: changeNode(view.nodes, node, () => ({ value, selfConsistency, verdict })) }
    }
    case 'path-update': {
      const { path, reward } = event
      const visited = new Set(path)
      const nodes = view.nodes.map((node) =>
        visited.has(node.id) ? { ...node, visits: node.visits + 1, rewards: node.rewards + reward } : node,
      )
      return { ...view, path, nodes }
    }
    case 'node-exhaust':
      return { ...view, nodes: changeNode(view.nodes, event.node, () => ({ exhausted: true })) }
    case 'progress':
      return { ...view, stage: { name: event.stage, done: event.done, total: event.total } }
    case 'budget-update':
      return { ...view, spent: event.spent }
    case 'warning-add':
      return { ...view, warnings: [...view.warnings, event.warning] }
    case 'step-output':
      return { ...view, answer: event, spent: event.spent, warnings: event.warnings }
    default:
      return ignored(event, view)
  }
}

/** The server may tell more than the page knows. */
function ignored(_: never, view: RunView): RunView {
  return view
}

/** Mean reward blended with the value before any visit: (v0 + W) / (1 + N). */
export function qualityOf({ value, rewards, visits }: TreeNode): number {
  return (value + rewards) / (1 + visits)
}

function changeCall(view: RunView, call: number, change: (call: CallView) => Partial<CallView>): RunView {
  return { ...view, calls: view.calls.map((one) => (one.call === call ? { ...one, ...change(one) } : one)) }
}

function changeCandidate(view: RunView, index: number, change: Partial<CandidateView>): RunView {
  const candidates = view.candidates.map((one) => (one.index === index ? { ...one, ...change } : one))
  return { ...view, candidates }
}

function changeNode(
  nodes: readonly TreeNode[],
  id: number,
  change: (node: TreeNode) => Partial<TreeNode>,
): readonly TreeNode[] {
  return nodes.map((node) => (node.id === id ? { ...node, ...change(node) } : node))
}
