/**
 * Games of numbers: two of them become one by + - * /, until the target is made. The Game of 24 takes all numbers, once each, and fractions on
 * the way; Countdown takes any of them, and only whole numbers above 0 on the way.
 */
import { calculate, type Fraction, isSame, operators, type Operator, showFraction } from './fraction.ts'

export interface NumbersRules {
  /** Every number must be used. */
  readonly all: boolean
  /** Fractions, zero and negative numbers may come up on the way. */
  readonly fractions: boolean
}

export const gameOf24Rules: NumbersRules = { all: true, fractions: true }
export const countdownRules: NumbersRules = { all: false, fractions: false }

/** A number in play and how it was made. */
export interface MadeNumber {
  readonly value: Fraction
  readonly expression: string
}

export interface NumbersStep {
  readonly left: Fraction
  readonly operator: Operator
  readonly right: Fraction
}

export const givenNumber = (value: Fraction): MadeNumber => ({ value, expression: showFraction(value) })

/** Equal steps have equal texts: sums and products name the greater number first. */
export function showStep({ left, operator, right }: NumbersStep): string {
  const swap = (operator === '+' || operator === '*') && left.over * right.under < right.over * left.under
  return swap
    ? `${showFraction(right)} ${operator} ${showFraction(left)}`
    : `${showFraction(left)} ${operator} ${showFraction(right)}`
}

/** Every step that the rules allow, once each, in the order of the numbers. */
export function stepsFrom(numbers: readonly MadeNumber[], rules: NumbersRules): NumbersStep[] {
  const steps = new Map<string, NumbersStep>()
  for (const [i, { value: left }] of numbers.entries()) {
    for (const [j, { value: right }] of numbers.entries()) {
      if (i === j) continue
      for (const operator of operators) {
        const step = { left, operator, right }
        const text = showStep(step)
        if (!steps.has(text) && typeof resultOfStep(step, rules) !== 'string') steps.set(text, step)
      }
    }
  }
  return [...steps.values()]
}

/** The numbers after a step, or the rule that it breaks. */
export function takeStep(
  numbers: readonly MadeNumber[],
  step: NumbersStep,
  rules: NumbersRules,
): readonly MadeNumber[] | string {
  const rest = [...numbers]
  const draw = (value: Fraction): MadeNumber | undefined => {
    const at = rest.findIndex((number) => isSame(number.value, value))
    return at < 0 ? undefined : rest.splice(at, 1)[0]
  }
  const left = draw(step.left)
  const right = draw(step.right)
  if (left === undefined || right === undefined) {
    const missing = left === undefined ? step.left : step.right
    return `${showFraction(missing)} is not among the numbers left: ${showNumbers(numbers)}`
  }
  const value = resultOfStep(step, rules)
  if (typeof value === 'string') return value
  return [...rest, { value, expression: `(${left.expression} ${step.operator} ${right.expression})` }]
}

export const showNumbers = (numbers: readonly MadeNumber[]): string =>
  numbers.map(({ value }) => showFraction(value)).join(' ')

/** The number that is the target, where the game is won. */
export function winning(numbers: readonly MadeNumber[], target: Fraction, rules: NumbersRules): MadeNumber | undefined {
  if (rules.all && numbers.length > 1) return undefined
  return numbers.find(({ value }) => isSame(value, target))
}

function resultOfStep({ left, operator, right }: NumbersStep, rules: NumbersRules): Fraction | string {
  const value = calculate(left, operator, right)
  if (typeof value === 'string') return value
  if (rules.fractions || (value.under === 1 && value.over > 0)) return value
  return `${showFraction(left)} ${operator} ${showFraction(right)} is no whole number above 0`
}
