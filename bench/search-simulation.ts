/**
 * What search gains where a model's value says something: Game of 24 and Countdown (5 numbers) with a policy that is right once in ten and a value that is
 * the truth with noise. No model runs; the search is the one of `lats`, and every method has the same tasks, seeds and calls.
 */
import { countdownTask, gameOf24Sets } from '../src/agents/environments/number-tasks.ts'
import { countdownRules, gameOf24Rules } from '../src/agents/environments/numbers-game.ts'
import { searchPresets, type SearchTuning } from '../src/agents/lats/presets.ts'
import { type SearchRules, searchRules } from '../src/agents/lats/rules.ts'
import { scoresOfItems } from '../src/evals/item-verdicts.ts'
import { mcnemarExact, pairedBootstrap } from '../src/evals/statistics.ts'
import { createGameStates, type GameState, type GameStates } from '../test/support/search/game-states.ts'
import { runSearch, twiceDividedValue } from '../test/support/search/run-search.ts'
import { simulatedWorld } from '../test/support/search/simulated-world.ts'
import type { Figure } from './figure.ts'
import type { BenchOptions } from './suite.ts'

interface Method {
  readonly name: string
  readonly tuning: SearchTuning
  readonly rules?: SearchRules
}

const widening: SearchTuning = { ...searchPresets.default, hedge: 0 }

const bestOfN: Method = { name: 'best-of-n', tuning: { ...widening, hedge: 1 } }

const methods: readonly Method[] = [
  bestOfN,
  { name: 'lats, paper', tuning: searchPresets.paper },
  { name: 'lats, widening', tuning: widening },
  { name: 'lats, widening, hedge .1', tuning: { ...widening, hedge: 0.1 } },
  { name: 'lats, widening, hedge .25', tuning: { ...widening, hedge: 0.25 } },
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
        for (const method of methods) {
          const solved = method === bestOfN ? plain : await solve(method, tasks, calls, noise)
          yield figureOf({ game, calls, noise, method, solved, plain })
          if (method === ours && calls === 180 && noise !== undefined && noise <= 0.6) {
            yield gainOf({ game, calls, noise, method, solved, plain })
          }
        }
      }
    }
  }
}

/** Scores of the tasks, in their order. */
async function solve(
  { tuning, rules }: Method,
  tasks: readonly Task[],
  calls: number,
  noise: number | undefined,
): Promise<number[]> {
  const verdicts = []
  const settings = { ...tuning, iterations: Infinity, limits: { modelCalls: calls } }
  for (const [seed, { name, game, start }] of tasks.entries()) {
    const world = simulatedWorld({ game, seed, calls, skill: 0.1, noise })
    const { reason } = await runSearch(world, start.id, settings, { rules: rules ?? searchRules(tuning) })
    verdicts.push({ item: name, passed: reason === 'passed' })
  }
  return scoresOfItems(
    tasks.map(({ name }) => name),
    verdicts,
  )
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
  readonly method: Method
  readonly solved: readonly number[]
  readonly plain: readonly number[]
}

function figureOf({ game, calls, noise, method, solved, plain }: Measured): Figure {
  return {
    figure: `simulation: ${game}, ${calls} calls, ${noiseText(noise)}`,
    model: method.name,
    ours: meanOf(solved),
    peer: meanOf(plain),
    ratio: undefined,
    must: undefined,
    aim: undefined,
    unit: 'share solved',
    runs: solved.length,
    note: `peer: best-of-n; ${comparison(solved, plain)}`,
  }
}

function gainOf({ game, calls, noise, method, solved, plain }: Measured): Figure {
  return {
    figure: `simulation: gain over best-of-n, ${game}, ${calls} calls, ${noiseText(noise)}`,
    model: `${method.name} (default)`,
    ours: 100 * pairedBootstrap(solved, plain).difference,
    peer: undefined,
    ratio: undefined,
    ...(game === 'Game of 24' ? { must: '>= 15', aim: '>= 20' } : { must: undefined, aim: undefined }),
    unit: 'points',
    runs: solved.length,
    note: comparison(solved, plain),
  }
}

function comparison(solved: readonly number[], plain: readonly number[]): string {
  const { difference, interval } = pairedBootstrap(solved, plain, { resamples: 2000 })
  const only = (first: readonly number[], second: readonly number[]): number =>
    first.filter((score, at) => score > second[at]).length
  const probability = mcnemarExact(only(solved, plain), only(plain, solved))
  const points = (value: number): string => (100 * value).toFixed(1)
  return `${points(difference)} points [${interval.map(points).join(', ')}], p ${probability.toPrecision(2)}`
}

const noiseText = (noise: number | undefined): string => (noise === undefined ? 'value says nothing' : `noise ${noise}`)

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function isSame(one: SearchTuning, other: SearchTuning): boolean {
  return (Object.keys(one) as (keyof SearchTuning)[]).every((setting) => one[setting] === other[setting])
}
