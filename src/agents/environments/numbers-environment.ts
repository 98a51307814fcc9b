/** Games of numbers as environments: an action is `8 / 4`, the state is the numbers left. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import type { Environment } from '../environment.ts'
import { defineEnvironment, type Rules } from './define-environment.ts'
import { showFraction, whole } from './fraction.ts'
import {
  countdownRules,
  gameOf24Rules,
  givenNumber,
  type MadeNumber,
  type NumbersRules,
  type NumbersStep,
  showNumbers,
  showStep,
  stepsFrom,
  takeStep,
  winning,
} from './numbers-game.ts'
import { readFraction, readStep } from './read-numbers.ts'

export interface NumbersTask {
  readonly numbers: readonly number[]
  readonly target: number
}

type NumbersState = {
  readonly target: number
  readonly numbers: readonly { readonly value: string; readonly expression: string }[]
}

/** The Game of 24. A task is its numbers, such as `[4, 9, 10, 13]`, or `{ numbers, target }`. */
export const gameOf24 = (): Environment<NumbersStep> =>
  defineEnvironment('game-of-24', numbersRules('game-of-24', gameOf24Rules))

/** Countdown. A task is `{ numbers, target }`. */
export const countdown = (): Environment<NumbersStep> =>
  defineEnvironment('countdown', numbersRules('countdown', countdownRules))

function numbersRules(name: string, rules: NumbersRules): Rules<NumbersState, NumbersStep> {
  return {
    effect: 'pure',
    start: (task) => {
      const { numbers, target } = readTask(name, task, rules)
      return stateOf(
        numbers.map((number) => givenNumber(whole(number))),
        target,
      )
    },
    describe: (state) => `Numbers: ${showNumbers(numbersOf(state))}. Target: ${state.target}.`,
    legal: (state) => (isOver(state, rules) ? [] : stepsFrom(numbersOf(state), rules)),
    canonical: showStep,
    parse: (text, state) => {
      const step = readStep(text)
      if (step === undefined) return { invalid: 'two numbers with + - * or / between them expected, such as 8 / 4' }
      const next = takeStep(numbersOf(state), step, rules)
      return typeof next === 'string' ? { invalid: next } : step
    },
    step: (state, step) => {
      const next = takeStep(numbersOf(state), step, rules)
      if (typeof next === 'string') throw new OstroError('action-invalid', `${name}: ${next}.`)
      const after = stateOf(next, state.target)
      return { ...outcomeOf(next, state.target, rules), state: after }
    },
  }
}

function outcomeOf(numbers: readonly MadeNumber[], target: number, rules: NumbersRules) {
  const made = numbers[numbers.length - 1]
  const equation = `${trimmed(made.expression)} = ${showFraction(made.value)}`
  const won = winning(numbers, whole(target), rules)
  if (won !== undefined) return { observation: `${equation}. The target is made.`, done: true, reward: 1 }
  if (numbers.length > 1) return { observation: `${equation}. Numbers left: ${showNumbers(numbers)}.`, done: false }
  return { observation: `${equation}, which is not ${target}. No numbers are left.`, done: true, reward: 0 }
}

const isOver = (state: NumbersState, rules: NumbersRules): boolean =>
  state.numbers.length < 2 || winning(numbersOf(state), whole(state.target), rules) !== undefined

const stateOf = (numbers: readonly MadeNumber[], target: number): NumbersState => ({
  target,
  numbers: numbers.map(({ value, expression }) => ({ value: showFraction(value), expression })),
})

const numbersOf = ({ numbers }: NumbersState): MadeNumber[] =>
  numbers.map(({ value, expression }) => ({ value: readFraction(value) ?? whole(0), expression }))

/** Without the outermost brackets. */
const trimmed = (expression: string): string => (expression.startsWith('(') ? expression.slice(1, -1) : expression)

function readTask(name: string, task: JsonValue, { all }: NumbersRules): NumbersTask {
  const fields = typeof task === 'object' && task !== null && !Array.isArray(task) ? task : { numbers: task }
  const { numbers, target = all ? 24 : undefined } = fields as { numbers?: unknown; target?: unknown }
  const isNumber = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 10_000
  if (
    Array.isArray(numbers) &&
    numbers.length >= 2 &&
    numbers.length <= 6 &&
    numbers.every(isNumber) &&
    isNumber(target)
  ) {
    return { numbers, target }
  }
  const message = `${name}: 2 to 6 whole numbers from 1 to 10000${all ? '' : ' and a target'} expected, got ${JSON.stringify(task)}.`
  throw new OstroError('environment-failed', message)
}
