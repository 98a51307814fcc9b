/** Solves games of numbers exhaustively: whether the target can still be made from what is left. */
import { type Fraction, showFraction } from './fraction.ts'
import { type MadeNumber, type NumbersRules, stepsFrom, takeStep, winning } from './numbers-game.ts'

export interface NumbersSolver {
  /** An expression that makes the target, where there is one. */
  readonly solve: (numbers: readonly MadeNumber[]) => string | undefined
  readonly isSolvable: (numbers: readonly MadeNumber[]) => boolean
}

/** Remembers what it has found for each set of numbers. */
export function createNumbersSolver(target: Fraction, rules: NumbersRules): NumbersSolver {
  const known = new Map<string, boolean>()
  const isSolvable = (numbers: readonly MadeNumber[]): boolean => {
    const key = keyOf(numbers)
    const before = known.get(key)
    if (before !== undefined) return before
    const solvable = winning(numbers, target, rules) !== undefined || after(numbers).some(isSolvable)
    known.set(key, solvable)
    return solvable
  }
  const after = (numbers: readonly MadeNumber[]): (readonly MadeNumber[])[] =>
    stepsFrom(numbers, rules).flatMap((step) => {
      const next = takeStep(numbers, step, rules)
      return typeof next === 'string' ? [] : [next]
    })
  const solve = (numbers: readonly MadeNumber[]): string | undefined => {
    if (!isSolvable(numbers)) return undefined
    const won = winning(numbers, target, rules)
    if (won !== undefined) return won.expression
    const next = after(numbers).find(isSolvable)
    return next === undefined ? undefined : solve(next)
  }
  return { solve, isSolvable }
}

/** Sets of the same numbers have the same key. */
const keyOf = (numbers: readonly MadeNumber[]): string =>
  numbers
    .map(({ value }) => showFraction(value))
    .toSorted()
    .join(' ')
