/**
 * What search gains where a model's value says something: Game of 24 and Countdown (5 numbers) with a policy that is right once in ten and a value that is
 * the truth with noise. No model runs; the search is the one of `lats`, and every method has the same tasks, seeds and calls.
 */
import { countdownTask, gameOf24Sets } from '../src/agents/environments/number-tasks.ts'
import { countdownRules, gameOf24Rules } from '../src/agents/environments/numbers-game.ts'
import { searchPresets, type SearchTuning } from '../src/agents/lats/presets.ts'
import { type SearchRules, searchRules } from '../src/agents/lats/rules.ts'
import { type ItemScore, type PairedReport, reportPaired } from '../src/evals/paired-report.ts'
import { createGameStates, type GameState, type GameStates } from '../test/support/search/game-states.ts'
import { runSearch, twiceDividedValue } from '../test/support/search/run-search.ts'
import { simulatedWorld } from '../test/support/search/simulated-world.ts'
import type { Figure } from './figure.ts'
import type { BenchOptions } from './suite.ts'

interface Method {
  readonly name: string
  readonly tuning: SearchTuning
  readonly rules?: SearchRules
  readonly tellsPolicy?: boolean
}

const widening: SearchTuning = { ...searchPresets.default, hedge: 0 }

const bestOfN: Method = { name: 'best-of-n', tuning: { ...widening, hedge: 1 } }

const methods: readonly Method[] = [
  { name: 'lats, paper', tuning: searchPresets.paper },
  { name: 'lats, widening', tuning: widening },
  { name: 'lats, widening, hedge .1', tuning: { ...widening, hedge: 0.1 } },
  { name: 'lats, widening, hedge .25', tuning: { ...widening, hedge: 0.25 } },
  { name: 'lats, outcomes, sampled', tuning: searchPresets.outcomes },
  { name: 'lats, outcomes', tuning: searchPresets.outcomes, tellsPolicy: true },
  {
    name: 'lats, widening, mean divided twice (D1)',
    tuning: widening,
    rules: searchRules(widening, twiceDividedValue(widening.priorWeight)),
  },
]

/** The settings that `lats` has by default. */
const ours = methods.find(({ tuning, rules }) => rules === undefined && isSame(tuning, searchPresets.default))

const noises = [0.3, 0.6, 1, undefined]

interface Task {
  readonly name: string
  readonly game: GameStates
  readonly start: GameState
}

export async function* searchSimulation({ runs }: BenchOptions): AsyncGenerator<Figure> {
  const isQuick = runs <= 2
  const games: Record<string, readonly Task[]> = {
    'Game of 24': gameOf24(isQuick ? 12 : 1),
    Countdown: countdown(isQuick ? 20 : 200),
  }
  for (const [game, tasks] of Object.entries(games)) {
    for (const calls of [60, 180]) {
      // Rollouts ask for no values, so noise is nothing to them.
      const plain = await solve(bestOfN, tasks, calls, undefined)
      for (const noise of noises) {
        const scores = [...plain]
        for (const method of methods) scores.push(...(await solve(method, tasks, calls, noise)))
        const report = reportPaired(
          scores,
          [bestOfN, ...methods].map(({ name }) => name),
          bestOfN.name,
        )
        for (const { name } of methods) {
          const measured = { game, calls, noise, method: name, report }
          yield figureOf(measured)
          if (name === ours?.name && calls === 180 && noise !== undefined && noise <= 0.6) yield gainOf(measured)
        }
      }
    }
  }
}

async function solve(
  { name: method, tuning, rules, tellsPolicy }: Method,
  tasks: readonly Task[],
  calls: number,
  noise: number | undefined,
): Promise<ItemScore[]> {
  const scores: ItemScore[] = []
  const settings = { ...tuning, iterations: Infinity, limits: { modelCalls: calls } }
  for (const [seed, { name, game, start }] of tasks.entries()) {
    const world = simulatedWorld({ game, seed, calls, skill: 0.1, noise, tellsPolicy })
    const { reason } = await runSearch(world, start.id, settings, { rules: rules ?? searchRules(tuning) })
    scores.push({ item: name, method, seed: 0, score: reason === 'passed' ? 1 : 0 })
  }
  return scores
}

function gameOf24(every: number): Task[] {
  const game = createGameStates(24, gameOf24Rules)
  return gameOf24Sets()
    .filter((_, at) => at % every === 0)
    .map((numbers) => ({ name: numbers.join(' '), game, start: game.stateOf(numbers) }))
    .filter(({ start }) => start.solvable)
}

function countdown(count: number): Task[] {
  return Array.from({ length: count }, (_, seed) => {
    const { numbers, target } = countdownTask(seed, 5)
    const game = createGameStates(target, countdownRules)
    return { name: `${seed}: ${numbers.join(' ')} -> ${target}`, game, start: game.stateOf(numbers) }
  })
}

interface Measured {
  readonly game: string
  readonly calls: number
  readonly noise: number | undefined
  readonly method: string
  readonly report: PairedReport
}

function pairOf({ method, report }: Measured) {
  const [own, base] = [method, bestOfN.name].map((name) => report.methods.find((one) => one.method === name))
  const pair = report.pairs.find((one) => one.method === method)
  if (own === undefined || base === undefined || pair === undefined) throw new Error(`${method} is not in the report`)
  const points = (value: number): string => (100 * value).toFixed(1)
  const { difference, interval, p } = pair
  const comparison = `${points(difference)} points [${interval.map(points).join(', ')}], p ${p.toPrecision(2)}`
  return { own, base, difference, comparison }
}

function figureOf(measured: Measured): Figure {
  const { game, calls, noise, method } = measured
  const { own, base, comparison } = pairOf(measured)
  return {
    figure: `simulation: ${game}, ${calls} calls, ${noiseText(noise)}`,
    model: method,
    ours: own.mean,
    peer: base.mean,
    ratio: undefined,
    must: undefined,
    aim: undefined,
    unit: 'share solved',
    runs: own.items,
    note: `peer: best-of-n; ${comparison}`,
  }
}

function gainOf(measured: Measured): Figure {
  const { game, calls, noise, method } = measured
  const { own, difference, comparison } = pairOf(measured)
  return {
    figure: `simulation: gain over best-of-n, ${game}, ${calls} calls, ${noiseText(noise)}`,
    model: `${method} (default)`,
    ours: 100 * difference,
    peer: undefined,
    ratio: undefined,
    ...(game === 'Game of 24' ? { must: '>= 15', aim: '>= 20' } : { must: undefined, aim: undefined }),
    unit: 'points',
    runs: own.items,
    note: comparison,
  }
}

const noiseText = (noise: number | undefined): string => (noise === undefined ? 'value says nothing' : `noise ${noise}`)

function isSame(one: SearchTuning, other: SearchTuning): boolean {
  return (Object.keys(one) as (keyof SearchTuning)[]).every((setting) => one[setting] === other[setting])
}
