/** Arms that pay 1 with a probability each: a tree whose best choice is known. Every pull is a leaf of its own. */
import type { SearchWorld } from '../../../src/agents/lats/world.ts'
import { createRandom, deriveSeed } from '../../../src/util/random.ts'

/** @param pays probability of each arm, in order */
export function banditWorld(pays: readonly number[], seed: number): SearchWorld<number> {
  return {
    propose: async (node, { expansion }) => {
      if (node.parent === undefined) {
        return { proposals: pays.map((_, arm) => ({ key: `arm ${arm}`, action: arm })), legal: pays.length }
      }
      const arm = node.snapshot as number
      return { proposals: [{ key: `pull ${expansion}`, action: arm }], legal: undefined }
    },
    step: async (node, arm) => ({ observation: '', snapshot: arm, done: node.parent !== undefined }),
    judge: async (node) => {
      const { float } = createRandom(deriveSeed(seed, node.parent?.action ?? '', node.action))
      return { passed: false, score: float() < pays[node.snapshot as number] ? 1 : 0, feedback: '' }
    },
    // Knows what arms pay on average, and nothing of each.
    evaluate: async () => pays.reduce((sum, pay) => sum + pay, 0) / pays.length,
  }
}
