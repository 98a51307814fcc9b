/** Games that code judges exactly: whole answers, sampled and reflected on, against plain and searched ways through the same environment. */
import { bestOfN } from '../../agents/best-of-n.ts'
import type { Environment } from '../../agents/environment.ts'
import { keyDoorTask } from '../../agents/environments/key-door.ts'
import { countdownTask, gameOf24Sets, gameOf24Tasks } from '../../agents/environments/number-tasks.ts'
import type { NumbersTask } from '../../agents/environments/numbers-environment.ts'
import { type EnvironmentDefinition, environmentNamed } from '../../agents/environments/registry.ts'
import { expressionVerifier } from '../../agents/environments/verify-expression.ts'
import { lats, type LatsOptions } from '../../agents/lats.ts'
import type { Trajectory } from '../../agents/lats/model-world.ts'
import { reflexion } from '../../agents/reflexion.ts'
import { selfConsistency } from '../../agents/self-consistency.ts'
import type { LanguageModel } from '../../tools/language-model.ts'
import { prepareInstruction } from '../../tools/steps/instruction.ts'
import { createRandom, deriveSeed } from '../../util/random.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Benchmark, BenchmarkItem, Method } from './benchmark.ts'

export const gameOf24Benchmark: Benchmark = {
  name: 'game-of-24',
  description: 'Make 24 from four numbers; an exact verifier judges. Whole answers and single steps.',
  baseline: 'rollouts',
  items: (count, seed) => {
    const tasks = shuffled(gameOf24Tasks(spacing(count, gameOf24Sets().length)), seed).slice(0, count)
    return tasks.map((task) => numbersItem('game-of-24', task, { all: true }))
  },
}

export const countdownBenchmark: Benchmark = {
  name: 'countdown',
  description: 'Make a target from some of four numbers; an exact verifier judges. Whole answers and single steps.',
  baseline: 'rollouts',
  items: (count, seed) =>
    Array.from({ length: count }, (_, index) =>
      numbersItem('countdown', countdownTask(deriveSeed(seed, 'countdown', index)), { all: false }),
    ),
}

export const keyDoorBenchmark: Benchmark = {
  name: 'key-door',
  description: 'Fetch the key, pass the door, reach the exit of a random grid; the grid judges.',
  baseline: 'rollouts',
  items: (count, seed) => {
    const definition = environmentNamed('key-door')
    return Array.from({ length: count }, (_, index): BenchmarkItem => {
      const task = { ...keyDoorTask(deriveSeed(seed, 'key-door', index)) }
      return {
        id: `key-door-${index}`,
        methods: searches(definition, task),
        grade: (way) => replay(definition, task, way as Trajectory),
      }
    })
  },
}

/** Every so many sets, so that at least twice as many tasks as wanted can be drawn from; all where that is not so. */
const spacing = (count: number, sets: number): number => Math.max(1, Math.floor(sets / (3 * count)))

function numbersItem(name: string, task: NumbersTask, rules: { readonly all: boolean }): BenchmarkItem {
  const definition = environmentNamed(name)
  const verifier = expressionVerifier(task, rules)
  return {
    id: `${name} ${task.numbers.join(' ')}${rules.all ? '' : ` -> ${task.target}`}`,
    methods: { ...searches(definition, { ...task }), ...wholeAnswers(task, rules) },
    grade: async (candidate, signal) =>
      typeof candidate === 'string'
        ? (await verifier.verify(candidate, { signal })).score
        : replay(definition, { ...task }, candidate as Trajectory),
  }
}

/** More than any budget of tokens pays for. */
const manyIterations = 10_000

/** Plain ways through the environment, searches by outcomes and by the model's values, and the published one: the same prompts and proposals. */
function searches(definition: EnvironmentDefinition, task: JsonValue): Record<string, Method> {
  const run =
    (more: LatsOptions): Method =>
    (model, { budget, ...options }) => {
      const limits = { ...budget, rounds: manyIterations, depth: definition.depth(task) }
      return lats(model, definition.create(), task, { guide: definition.guide, ...more, ...options, budget: limits })
    }
  return {
    rollouts: run({ hedge: 1 }),
    'lats-outcomes': run({ preset: 'outcomes' }),
    lats: run({}),
    'lats-paper': run({ preset: 'paper' }),
  }
}

const mostSamples = 200
const answerTokens = 48

/** The answer written in one go, as an expression. */
function wholeAnswers(task: NumbersTask, rules: { readonly all: boolean }): Record<string, Method> {
  const verifier = expressionVerifier(task, rules)
  const asked = (model: LanguageModel) =>
    prepareInstruction(model, {
      task: `Write one expression with + - * / and brackets that makes the target. Use ${rules.all ? 'every number once' : 'each number at most once'}. Answer with the expression and nothing else.`,
      input: `Numbers: ${task.numbers.join(' ')}. Target: ${task.target}.`,
      examples: [
        { input: 'Numbers: 2 3 4 6. Target: 24.', output: '(6 - 2 + 4) * 3' },
        { input: 'Numbers: 1 2 5 9. Target: 30.', output: '(9 + 1) * (5 - 2)' },
      ],
    })
  const answer = (text: string): string => text.trim().split('\n')[0].replace(/\.$/, '')
  const settings = { verifier, maxTokens: answerTokens, samples: mostSamples }
  return {
    'best-of-n': (model, options) => {
      const { prompt, stop } = asked(model)
      return bestOfN(model, prompt, { ...options, ...settings, stop, parse: answer })
    },
    'self-consistency': (model, options) => {
      const { prompt, stop } = asked(model)
      return selfConsistency(model, prompt, { ...options, ...settings, samples: 10, stop, canonical: answer })
    },
    reflexion: (model, options) =>
      reflexion<string>(model, textOfTask(task, rules), {
        ...options,
        evaluator: { source: 'external', verify: (text, context) => verifier.verify(answer(text), context) },
        trials: mostSamples,
        maxTokens: answerTokens,
      }),
  }
}

const textOfTask = ({ numbers, target }: NumbersTask, { all }: { readonly all: boolean }): string =>
  `Write one expression with + - * / and brackets that makes ${target} from the numbers ${numbers.join(', ')}. ` +
  `Use ${all ? 'every number once' : 'each number at most once'}. Answer with the expression and nothing else.`

/** The steps again in a fresh environment: what it says in the end. */
async function replay(definition: EnvironmentDefinition, task: JsonValue, { steps }: Trajectory): Promise<number> {
  const environment: Environment<unknown> = definition.create()
  await environment.reset(task, 0)
  let reward = 0
  for (const { action } of steps) ({ reward = 0 } = await environment.step(environment.parse(action)))
  return reward
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const { float } = createRandom(seed)
  return items
    .map((item) => ({ item, order: float() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
}
