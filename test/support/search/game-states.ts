/** Every state of a game of numbers that can come up, as a graph: what may be done, and whether the target can still be made. */
import { type Fraction, showFraction, whole } from '../../../src/agents/environments/fraction.ts'
import {
  givenNumber,
  type MadeNumber,
  type NumbersRules,
  showStep,
  stepsFrom,
  takeStep,
  winning,
} from '../../../src/agents/environments/numbers-game.ts'

export interface GameState {
  readonly id: number
  readonly solvable: boolean
  readonly won: boolean
  /** No step is left, or the game is won. */
  readonly done: boolean
  readonly steps: readonly { readonly text: string; readonly next: GameState }[]
  /** Those that keep the target within reach. */
  readonly right: readonly { readonly text: string; readonly next: GameState }[]
}

export interface GameStates {
  readonly states: readonly GameState[]
  readonly stateOf: (numbers: readonly number[]) => GameState
}

export function createGameStates(target: number, rules: NumbersRules): GameStates {
  const states: GameState[] = []
  const known = new Map<string, GameState>()
  const goal: Fraction = whole(target)
  const read = (numbers: readonly MadeNumber[]): GameState => {
    const sorted = numbers.map(({ value }) => value).toSorted((a, b) => a.over / a.under - b.over / b.under)
    const key = sorted.map(showFraction).join(' ')
    const before = known.get(key)
    if (before !== undefined) return before
    const won = winning(numbers, goal, rules) !== undefined
    const plain = sorted.map(givenNumber)
    const steps = (won ? [] : stepsFrom(plain, rules)).flatMap((step) => {
      const next = takeStep(plain, step, rules)
      return typeof next === 'string' ? [] : [{ text: showStep(step), next: read(next) }]
    })
    const right = steps.filter(({ next }) => next.solvable)
    const state = { id: states.length, solvable: won || right.length > 0, won, done: steps.length === 0, steps, right }
    states.push(state)
    known.set(key, state)
    return state
  }
  return { states, stateOf: (numbers) => read(numbers.map((number) => givenNumber(whole(number)))) }
}
