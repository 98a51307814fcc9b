/**
 * How fast the search finds the best of five arms that pay with a probability each: share of the pulls on it. A search that divides a mean by
 * the visits again, as published ones do, is measured beside it.
 */
import { searchRules } from '../src/agents/lats/rules.ts'
import { banditWorld } from '../test/support/search/bandit-world.ts'
import { runSearch, twiceDividedValue } from '../test/support/search/run-search.ts'
import type { Figure } from './figure.ts'
import type { BenchOptions } from './suite.ts'

const pays = [0.2, 0.3, 0.4, 0.5, 0.8]
const best = 4

const checkpoints = [
  { pulls: 50, must: 0.48, aim: 0.51 },
  { pulls: 200, must: 0.68, aim: 0.71 },
  { pulls: 1000, must: 0.86, aim: 0.89 },
]

export async function* bandit({ runs }: BenchOptions): AsyncGenerator<Figure> {
  const seeds = runs > 2 ? 400 : 60
  for (const parallel of [1, 4]) {
    for (const { pulls, must, aim } of checkpoints) {
      yield {
        figure: `bandit: share of pulls on the best arm after ${pulls}`,
        model: 'simulated',
        ours: await shareOnBest(pulls, parallel, seeds, false),
        peer: await shareOnBest(pulls, parallel, Math.ceil(seeds / 10), true),
        ratio: undefined,
        must: `>= ${must}`,
        aim: `>= ${aim}`,
        unit: 'share',
        runs: seeds,
        note: `${parallel} in flight; peer: the mean divided by the visits again`,
      }
    }
  }
}

async function shareOnBest(pulls: number, parallel: number, seeds: number, twiceDivided: boolean): Promise<number> {
  const settings = { exploration: 1, priorWeight: 1, widen: true, iterations: pulls, parallel }
  const rules = twiceDivided ? searchRules(settings, twiceDividedValue(1)) : searchRules(settings)
  let sum = 0
  for (let seed = 0; seed < seeds; seed++) {
    const { tree } = await runSearch(banditWorld(pays, seed), null, settings, { rules })
    sum += tree.root.children[best].visits / tree.root.visits
  }
  return sum / seeds
}
