/** Reads what models write about numbers: fractions, steps such as `8 / 4`, whole expressions. */
import { calculate, type Fraction, type Operator } from './fraction.ts'
import type { NumbersStep } from './numbers-game.ts'

/** `5`, `-5` or `8/3`, without spaces. */
export function readFraction(text: string): Fraction | undefined {
  const read = /^(-?\d{1,15})(?:\/(\d{1,15}))?$/.exec(text)
  if (read === null) return undefined
  const value = calculate({ over: Number(read[1]), under: 1 }, '/', { over: Number(read[2] ?? 1), under: 1 })
  return typeof value === 'string' ? undefined : value
}

/** Two numbers with an operator between them; what follows an equals sign is left out. */
export function readStep(text: string): NumbersStep | undefined {
  const [said] = text.split('=')
  const spaced = /^\s*(\S+)\s+([-+*/×÷x])\s+(\S+)\s*$/.exec(said)
  const close = /^\s*(-?\d+)([-+*/×÷x])(\d+)\s*$/.exec(said)
  const read = spaced ?? close
  if (read === null) return undefined
  const left = readFraction(read[1])
  const right = readFraction(read[3])
  return left && right && { left, operator: operatorOf(read[2]), right }
}

/** An expression's value, and the numbers that it uses in order. */
export interface ReadExpression {
  readonly value: Fraction
  readonly numbers: readonly number[]
}

/** The expression of `+ - * / ( )` and whole numbers, or why it is none. */
export function readExpression(text: string): ReadExpression | string {
  const tokens = text.match(/\d+|\S/g) ?? []
  const numbers: number[] = []
  let at = 0
  const sum = (): Fraction => chain(product, ['+', '-', '−'])
  const product = (): Fraction => chain(factor, ['*', '/', '×', '÷', 'x'])
  const chain = (part: () => Fraction, signs: readonly string[]): Fraction => {
    let value = part()
    while (signs.includes(tokens[at])) {
      const result = calculate(value, operatorOf(tokens[at++]), part())
      if (typeof result === 'string') throw new ReadFailure(result)
      value = result
    }
    return value
  }
  const factor = (): Fraction => {
    const token = tokens[at++]
    if (token === '(') {
      const value = sum()
      if (tokens[at++] !== ')') throw new ReadFailure('a bracket is not closed')
      return value
    }
    if (token === undefined || !/^\d{1,15}$/.test(token)) {
      throw new ReadFailure(token === undefined ? 'the expression ends too early' : `${token} is not expected here`)
    }
    numbers.push(Number(token))
    return { over: Number(token), under: 1 }
  }
  try {
    const value = sum()
    return at < tokens.length ? `${tokens[at]} is not expected here` : { value, numbers }
  } catch (error) {
    if (error instanceof ReadFailure) return error.message
    throw error
  }
}

class ReadFailure extends Error {}

function operatorOf(sign: string): Operator {
  if (sign === '×' || sign === 'x') return '*'
  if (sign === '÷') return '/'
  return sign === '−' ? '-' : (sign as Operator)
}
