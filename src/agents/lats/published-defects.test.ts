/**
 * The defects of published tree searches, each with a test that ours passes and the defect, put in as a rule, does not.
 * D5 has its own file, D9 is in `evals/paired-report.test.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { banditWorld } from '../../../test/support/search/bandit-world.ts'
import { createGameStates } from '../../../test/support/search/game-states.ts'
import { runSearch, twiceDividedValue } from '../../../test/support/search/run-search.ts'
import { simulatedWorld } from '../../../test/support/search/simulated-world.ts'
import { scriptedModel } from '../../testing/index.ts'
import { resultOf } from '../../tools/steps/run.ts'
import type { Verdict, Verifier } from '../../tools/steps/verifier.ts'
import type { Environment } from '../environment.ts'
import { gameOf24Tasks } from '../environments/number-tasks.ts'
import { gameOf24 } from '../environments/numbers-environment.ts'
import { gameOf24Rules } from '../environments/numbers-game.ts'
import { lats } from '../lats.ts'
import type { Trajectory } from './model-world.ts'
import type { SearchNode } from './node.ts'
import { memorySearchStore, latestRows, rowsOf, type SearchRow, treeOf } from './rows.ts'
import { bestLeaf, searchRules } from './rules.ts'
import { select } from './select.ts'

const plain = { exploration: 1, priorWeight: 1, widen: false }

/** Chooses among what is legal, by the seed of the call. */
const legalModel = (slots = 16) =>
  scriptedModel({
    slots,
    answers: ({ options, random }) => {
      const { format } = options
      if (format?.type !== 'choice') return 'Try it otherwise.'
      return format.choices[Math.floor(random.float() * format.choices.length)]
    },
  })

function row(node: number, parent: number | null, fields: Partial<SearchRow> = {}): SearchRow {
  const verdict = fields.verdict ?? null
  const told = { node, parent, action: `a${node}`, observation: '', snapshot: node, reflection: null }
  const seen = { n: 0, w: 0, v0: 0, sc: 0, samples: 1, expansions: 1, fruitless: 0, legal: null }
  return { ...told, ...seen, state: 'open', rollout: false, terminal: verdict !== null, verdict, ...fields }
}

const failed = (score: number): Verdict => ({ passed: false, score, feedback: '' })

describe('D1: a mean is divided by visits again', () => {
  const pays = [0.2, 0.3, 0.4, 0.5, 0.8]
  const share = async (pulls: number, parallel: number, mutant: boolean): Promise<number> => {
    const settings = { exploration: 1, priorWeight: 1, widen: true, iterations: pulls, parallel }
    const rules = mutant ? searchRules(settings, twiceDividedValue(1)) : searchRules(settings)
    let sum = 0
    for (let seed = 0; seed < 60; seed++) {
      const { tree } = await runSearch(banditWorld(pays, seed), null, settings, { rules })
      sum += tree.root.children[4].visits / tree.root.visits
    }
    return sum / 60
  }

  it.each([
    [50, 1, 0.45],
    [200, 1, 0.68],
    [200, 4, 0.67],
  ])('after %s pulls, %s in flight, most are on the best arm', async (pulls, parallel, least) => {
    expect(await share(pulls, parallel, false)).toBeGreaterThan(least)
    expect(await share(pulls, parallel, true)).toBeLessThan(0.3)
  })
})

describe('D2: hidden tests end the search', () => {
  /** Ends in 12 numbers; the visible tests pass too easily. */
  const search = async (verifier: (hidden: () => boolean) => Verifier<Trajectory>) => {
    let hiddenRuns = 0
    let ended = false
    const runsBeforeTheEnd: boolean[] = []
    const hidden = (): boolean => {
      hiddenRuns++
      runsBeforeTheEnd.push(!ended)
      return false
    }
    const { best, reason } = await resultOf(
      lats(legalModel(), gameOf24(), [1, 2, 3, 4], { verifier: verifier(hidden) }),
    )
    ended = true
    const solved = best !== undefined && hidden()
    return { reason, solved, hiddenRuns, early: runsBeforeTheEnd.filter(Boolean).length }
  }
  const visible = (): Verifier<Trajectory> => ({
    source: 'external',
    verify: ({ steps }) => ({ passed: steps.length === 3, score: 1, feedback: '' }),
  })

  it('the grader runs once, after the end, and its verdict counts', async () => {
    expect(await search(visible)).toEqual({ reason: 'passed', solved: false, hiddenRuns: 1, early: 0 })
  })

  it('the defect would be seen', async () => {
    const asking = (hidden: () => boolean): Verifier<Trajectory> => ({
      source: 'external',
      verify: () => (hidden(), failed(0)),
    })
    expect((await search(asking)).early).toBeGreaterThan(0)
  })
})

describe('D3: siblings are run again, the result is the greatest sum', () => {
  it('runs each distinct candidate once', async () => {
    const judged: string[] = []
    const verifier: Verifier<Trajectory> = {
      source: 'external',
      verify: ({ steps }) => {
        judged.push(steps.map(({ action }) => action).join('; '))
        return failed(0)
      },
    }
    await resultOf(lats(legalModel(5), gameOf24(), [1, 1, 1, 1], { verifier, hedge: 0, iterations: 12 }))
    expect(judged.length).toBeGreaterThan(10)
    expect(new Set(judged).size).toBe(judged.length)
  })

  it('does not take a much visited weak child', () => {
    const rows = [
      row(0, null),
      row(1, 0, { n: 9, w: 2.7, v0: 0.3, verdict: failed(0.3) }),
      row(2, 0, { n: 1, w: 0.8, v0: 0.8, verdict: failed(0.8) }),
    ]
    const { nodes } = treeOf(rows)
    const rules = searchRules(plain)
    expect(bestLeaf(nodes, rules)?.id).toBe(2)
    const bySum = { ...rules, isBetter: (leaf: SearchNode, than: SearchNode) => leaf.rewards > than.rewards }
    expect(bestLeaf(nodes, bySum)?.id).toBe(1)
  })
})

describe('D4: state of the module; exhausted nodes are removed', () => {
  const game = createGameStates(24, gameOf24Rules)
  const world = (seed: number) => simulatedWorld({ game, seed, calls: 120, skill: 0.1, noise: 0.3 })
  const start = game.stateOf([4, 9, 10, 13]).id
  const other = game.stateOf([1, 5, 5, 5]).id

  it('two interleaved searches are as each alone', async () => {
    const alone = [await runSearch(world(1), start), await runSearch(world(2), other)]
    const together = await Promise.all([runSearch(world(1), start), runSearch(world(2), other)])
    expect(together.map(({ tree }) => rowsOf(tree))).toEqual(alone.map(({ tree }) => rowsOf(tree)))
  })

  it('the defect would be seen', async () => {
    const visits = new Map<string, number>()
    const shared = searchRules(plain, ({ action }) => -(visits.get(action) ?? 0))
    const rules = {
      ...shared,
      update: (path: readonly SearchNode[], reward: number) => {
        shared.update(path, reward)
        for (const { action } of path) visits.set(action, (visits.get(action) ?? 0) + 1)
      },
    }
    const run = () => runSearch(world(1), start, { widen: true }, { rules })
    const [first, second] = [await run(), await run()]
    expect(rowsOf(second.tree)).not.toEqual(rowsOf(first.tree))
  })

  it('every node is stored, the exhausted ones too', async () => {
    const store = memorySearchStore()
    const { tree } = await runSearch(world(1), start, { iterations: 8 }, { store })
    expect(latestRows(store.commits)).toEqual(rowsOf(tree))
    expect(tree.nodes.some(({ exhausted }) => exhausted)).toBe(true)
  })
})

describe('D6: where nothing is solved, the result is the root', () => {
  const rows = [
    row(0, null, { n: 2, w: 0.6 }),
    row(1, 0, { n: 1, w: 0.2, v0: 0.2, verdict: failed(0.2) }),
    row(2, 0, { n: 1, w: 0.4, v0: 0.4, verdict: failed(0.4) }),
  ]

  it('gives the leaf of the best score', () => {
    const { nodes } = treeOf(rows)
    const rules = searchRules(plain)
    expect(bestLeaf(nodes, rules)?.id).toBe(2)
    const solvedValue = (node: SearchNode): number => (node.verdict?.passed === true ? 1 : 0) * rules.value(node)
    expect(nodes.toSorted((a, b) => solvedValue(b) - solvedValue(a))[0].id).toBe(0)
  })

  it('gives none, and says so, where nothing was reached', async () => {
    const result = await resultOf(lats(legalModel(), gameOf24(), [1, 2, 3, 4], { budget: { tokens: 5 } }))
    expect(result).toMatchObject({ best: undefined, verdict: undefined, reason: 'budget-tokens' })
    expect(result.warnings.map(({ code }) => code)).toContain('no-candidate')
  })
})

describe('D7: tools run one by one, and only height is limited', () => {
  /** Steps wait until five of them do. */
  const gated = (copies: number) => {
    const inner = gameOf24()
    let pending = 0
    let most = 0
    const wrap = (environment: Environment<never>): Environment<never> => ({
      ...environment,
      copies,
      copy: () => wrap(gameOf24() as Environment<never>),
      step: async (action) => {
        most = Math.max(most, ++pending)
        for (let turn = 0; turn < 10 && most < 5; turn++) await sleep(1)
        pending--
        return environment.step(action)
      },
    })
    return { environment: wrap(inner as Environment<never>), most: () => most }
  }
  /** Each sample names another action. */
  const spread = () =>
    scriptedModel({
      answers: ({ options, call }) => {
        const { format } = options
        return format?.type === 'choice' ? format.choices[call % format.choices.length] : 'ok'
      },
    })
  const options = { hedge: 0, parallel: 1, iterations: 1 }

  it('five new children step at once', async () => {
    const ours = gated(5)
    await resultOf(lats(spread(), ours.environment, [4, 9, 10, 13], options))
    expect(ours.most()).toBe(5)
    const oneByOne = gated(1)
    await resultOf(lats(spread(), oneByOne.environment, [4, 9, 10, 13], options))
    expect(oneByOne.most()).toBe(1)
  })

  it.each([
    ['modelCalls', 20, 'modelCalls'],
    ['nodes', 9, 'nodes'],
    ['tokens', 700, 'tokensSeen'],
  ] as const)('a budget of %s is never overrun', async (unit, limit, spent) => {
    const result = await resultOf(lats(legalModel(), gameOf24(), [1, 1, 1, 1], { budget: { [unit]: limit } }))
    expect(result.reason).toBe(`budget-${unit}`)
    expect(result.spent[spent]).toBeLessThanOrEqual(limit)
    expect(result.spent[spent]).toBeGreaterThan(limit / 2)
  })

  it('rounds and depth are limits too', async () => {
    const store = memorySearchStore()
    const budget = { rounds: 3, depth: 2 }
    const run = lats(legalModel(), gameOf24(), [1, 1, 1, 1], { budget, store, hedge: 0 })
    expect((await resultOf(run)).reason).toBe('budget-rounds')
    const { nodes } = treeOf(latestRows(store.commits))
    expect(Math.max(...nodes.map(({ depth }) => depth))).toBe(2)
    expect(nodes[0].visits).toBe(3)
  })
})

describe('D8: chooses among the children of the root only, or the best of the whole tree', () => {
  // Q: node 1 (.5 + 4.5)/10 = .5, node 2 (.6 + .6)/2 = .6. UCT at the root with w 1 and N 10: ln 11 = 2.398;
  // node 1 .5 + √(2.398/10) = .990, node 2 .6 + √(2.398/2) = 1.695: node 2. Below it ln 2 = .693: node 3 .1 + √.693 = .933,
  // node 4 .2 + √.693 = 1.033: node 4. The greatest UCT of all leaves is node 5's: .9 + √(ln 10 = 2.303) = 2.418.
  const rows = [
    row(0, null, { n: 10, w: 5.1 }),
    row(1, 0, { n: 9, w: 4.5, v0: 0.5 }),
    row(2, 0, { n: 1, w: 0.6, v0: 0.6 }),
    row(3, 2, { v0: 0.1, expansions: 0 }),
    row(4, 2, { v0: 0.2, expansions: 0 }),
    row(5, 1, { v0: 0.9, expansions: 0 }),
  ]

  it('goes level by level', () => {
    const { root, nodes } = treeOf(rows)
    const rules = searchRules(plain)
    expect(select(root, rules, false)).toBe(nodes[4])

    const uct = (node: SearchNode): number =>
      rules.value(node) + Math.sqrt(Math.log(1 + (node.parent?.visits ?? 0)) / (1 + node.visits))
    const greatest = (among: readonly SearchNode[]) => among.toSorted((a, b) => uct(b) - uct(a))[0]
    expect(greatest(root.children).id).toBe(2)
    expect(greatest(nodes.filter(({ children }) => children.length === 0)).id).toBe(5)
  })
})

describe('D10: a tree of fixed width saturates', () => {
  it('widening solves at least 20 points more with 180 calls', async () => {
    const game = createGameStates(24, gameOf24Rules)
    const tasks = gameOf24Tasks(24)
    const solved = async (widen: boolean): Promise<number> => {
      let passed = 0
      for (const [seed, { numbers }] of tasks.entries()) {
        const world = simulatedWorld({ game, seed, calls: 180, skill: 0.1, noise: 0.3 })
        const { reason } = await runSearch(world, game.stateOf(numbers).id, { widen })
        if (reason === 'passed') passed++
      }
      return passed / tasks.length
    }
    expect(await solved(true)).toBeGreaterThanOrEqual((await solved(false)) + 0.2)
  })
})
