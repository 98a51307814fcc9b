/** Exact rational numbers, within the whole numbers that a double holds exactly. */
export interface Fraction {
  readonly over: number
  /** Above 0, without a common factor. */
  readonly under: number
}

export type Operator = '+' | '-' | '*' | '/'

export const operators: readonly Operator[] = ['+', '-', '*', '/']

export const whole = (value: number): Fraction => ({ over: value, under: 1 })

/** Why there is no result: a division by zero, or numbers that no double holds exactly. */
export type Undefined = 'division by zero' | 'too large'

export function calculate(left: Fraction, operator: Operator, right: Fraction): Fraction | Undefined {
  switch (operator) {
    case '+':
      return reduce(left.over * right.under + right.over * left.under, left.under * right.under)
    case '-':
      return reduce(left.over * right.under - right.over * left.under, left.under * right.under)
    case '*':
      return reduce(left.over * right.over, left.under * right.under)
    case '/':
      if (right.over === 0) return 'division by zero'
      return reduce(left.over * right.under, left.under * right.over)
    default:
      return operator satisfies never
  }
}

export const showFraction = ({ over, under }: Fraction): string => (under === 1 ? `${over}` : `${over}/${under}`)

export const isSame = (one: Fraction, other: Fraction): boolean => one.over === other.over && one.under === other.under

function reduce(over: number, under: number): Fraction | Undefined {
  if (!Number.isSafeInteger(over) || !Number.isSafeInteger(under)) return 'too large'
  const divisor = greatestCommonDivisor(Math.abs(over), Math.abs(under)) * Math.sign(under)
  // + 0 makes a zero of -0.
  return { over: over / divisor + 0, under: under / divisor }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}
