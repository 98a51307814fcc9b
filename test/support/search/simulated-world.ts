/**
 * A model that is no model: its policy takes a right step with some probability, else any; its value is the truth with noise. Each sample and
 * each evaluation costs one call. The search over it is the one of `lats`, to the line.
 */
import type { SearchNode } from '../../../src/agents/lats/node.ts'
import type { SearchWorld } from '../../../src/agents/lats/world.ts'
import { OstroError } from '../../../src/util/error.ts'
import { drawDistinct } from '../../../src/agents/lats/draw-distinct.ts'
import { createRandom, deriveSeed, type Random } from '../../../src/util/random.ts'
import type { GameState, GameStates } from './game-states.ts'

export interface Simulation {
  readonly game: GameStates
  readonly seed: number
  /** Calls that may be made. */
  readonly calls: number
  /** How often the policy takes a right step on purpose. */
  readonly skill: number
  /** Standard deviation of the value's noise; undefined for a value that says nothing. */
  readonly noise: number | undefined
  /** Whether one call tells the probabilities of all steps. Default: each call is one sample. */
  readonly tellsPolicy?: boolean | undefined
}

export function simulatedWorld({
  game,
  seed,
  calls,
  skill,
  noise,
  tellsPolicy = false,
}: Simulation): SearchWorld<GameState> {
  let left = calls
  const told = new Set<string>()
  const stateOf = (node: SearchNode): GameState => game.states[node.snapshot as number]
  const over = (): OstroError =>
    new OstroError('budget-reached', 'simulation: no call is left.', { unit: 'modelCalls' })
  // Drawn from the place in the tree, so that the same question has the same answer in whatever order it comes.
  const randomAt = (node: SearchNode, ...path: (string | number)[]): Random =>
    createRandom(deriveSeed(seed, pathText(node), ...path))
  return {
    propose: async (node, { samples, drawn, expansion, excluded }, { cost }) => {
      const all = stateOf(node)
      const isWanted = ({ text }: GameState['steps'][number]): boolean => excluded?.has(text) !== true
      const [steps, right] = [all.steps.filter(isWanted), all.right.filter(isWanted)]
      const legal = all.steps.length
      if (steps.length < 2) {
        const only = steps.map(({ text, next }) => ({ key: text, action: next }))
        return { proposals: only.flatMap((proposal) => Array.from({ length: samples }, () => proposal)), legal }
      }
      if (tellsPolicy && drawn !== undefined) {
        const key = pathText(node)
        if (!told.has(key) && left === 0) throw over()
        if (!told.has(key)) {
          left--
          cost.modelCalls++
        }
        told.add(key)
        const weightOf = (step: GameState['steps'][number]): number =>
          (1 - skill) / all.steps.length + (all.right.includes(step) ? skill / all.right.length : 0)
        const proposals = drawDistinct(steps, drawn, weightOf, randomAt(node, 'propose', expansion))
        return { proposals: proposals.map(({ text, next }) => ({ key: text, action: next })), legal }
      }
      const count = Math.min(samples, left)
      if (count === 0) throw over()
      left -= count
      cost.modelCalls += count
      const random = randomAt(node, 'propose', expansion)
      const proposals = Array.from({ length: count }, () => {
        const among = random.float() < skill && right.length > 0 ? right : steps
        const { text, next } = among[Math.floor(random.float() * among.length)]
        return { key: text, action: next }
      })
      return { proposals, legal, failure: count < samples ? over() : undefined }
    },
    step: async (_, next) => ({ observation: '', snapshot: next.id, done: next.done }),
    judge: async (_, { snapshot }) => {
      const passed = game.states[snapshot as number].won
      return { passed, score: passed ? 1 : 0, feedback: '' }
    },
    evaluate: async (node, { cost }) => {
      if (left === 0) throw over()
      left--
      cost.modelCalls++
      const random = randomAt(node, 'evaluate')
      if (noise === undefined) return random.float()
      const value = (stateOf(node).solvable ? 1 : 0) + noise * gaussian(random)
      return Math.min(1, Math.max(0, value))
    },
  }
}

const pathText = (node: SearchNode): string =>
  node.parent === undefined ? '' : `${pathText(node.parent)}|${node.action}`

/** Box and Muller 1958. */
const gaussian = ({ float }: Random): number => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float())
