import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calculate, type Fraction, operators, whole } from './fraction.ts'
import { countdownTask, gameOf24Sets, gameOf24Tasks } from './number-tasks.ts'
import { countdownRules, gameOf24Rules, givenNumber } from './numbers-game.ts'
import { readExpression } from './read-numbers.ts'
import { createNumbersSolver } from './solve-numbers.ts'
import { expressionVerifier } from './verify-expression.ts'

const context = { signal: new AbortController().signal }
const game = expressionVerifier({ numbers: [4, 9, 10, 13], target: 24 }, { all: true })

describe('fractions', () => {
  it('are exact and reduced, or refused', () => {
    const part = fc.record({ over: fc.integer({ min: -999, max: 999 }), under: fc.integer({ min: 1, max: 999 }) })
    fc.assert(
      fc.property(part, fc.constantFrom(...operators), part, (a, operator, b) => {
        const result = calculate(a, operator, b)
        if (typeof result === 'string') {
          expect(operator === '/' && b.over === 0).toBe(true)
          return
        }
        const exact = {
          '+': [a.over * b.under + b.over * a.under, a.under * b.under],
          '-': [a.over * b.under - b.over * a.under, a.under * b.under],
          '*': [a.over * b.over, a.under * b.under],
          '/': [a.over * b.under, a.under * b.over],
        }[operator]
        expect(BigInt(result.over) * BigInt(exact[1])).toBe(BigInt(exact[0]) * BigInt(result.under))
        expect(result.under).toBeGreaterThan(0)
        expect(Object.is(result.over, -0)).toBe(false)
      }),
      { numRuns: 2000 },
    )
    const large: Fraction = whole(2 ** 52)
    expect(calculate(large, '*', large)).toBe('too large')
  })
})

describe('judging an expression', () => {
  it.each([
    ['(10 - 4) * (13 - 9)', true, 'The value reached is 24.'],
    ['(10 - 4) × (13 − 9) = 24', true, 'The value reached is 24.'],
    ['4 + 9 + 10 + 13', false, 'The value reached is 36. It should be 24.'],
    ['13 / 9 - 10 * 4', false, 'The value reached is -347/9. It should be 24.'],
    ['(10 - 4) * 4', false, '4 is used too often 4 9 10 13. The value reached is 24.'],
    ['12 * 2', false, '12 is not among the numbers 4 9 10 13. The value reached is 24.'],
    ['10 + 13 + 4 / 4', false, '4 is used too often 4 9 10 13. The value reached is 24.'],
    ['10 + 13', false, 'Not all numbers are used: 4 9 is left. The value reached is 23.'],
    ['(10 - 4 * 3', false, '(10 - 4 * 3 is no expression: a bracket is not closed.'],
    ['4 / (9 - 9)', false, '4 / (9 - 9) is no expression: division by zero.'],
    ['process.exit()', false, 'process.exit() is no expression: p is not expected here.'],
    ['', false, 'The answer is empty; an expression was expected.'],
  ])('%s', async (text, passed, feedback) => {
    expect(await game.verify(text, context)).toEqual({ passed, score: passed ? 1 : 0, feedback })
  })

  it('lets Countdown leave numbers out', async () => {
    const verifier = expressionVerifier({ numbers: [3, 5, 25], target: 30 }, { all: false })
    expect(await verifier.verify('25 + 5', context)).toMatchObject({ passed: true })
  })

  it('reads left to right, products first', () => {
    expect(readExpression('8 - 2 - 3 * 2 / 4')).toMatchObject({ value: { over: 9, under: 2 } })
  })
})

describe('tasks', () => {
  it('of the Game of 24: sets of four, and those that can be solved by what the solver says', () => {
    expect(gameOf24Sets()).toHaveLength(1820)
    const solver = createNumbersSolver(whole(24), gameOf24Rules)
    const tasks = gameOf24Tasks(60)
    expect(tasks.length).toBeGreaterThan(15)
    for (const { numbers, target } of tasks) {
      const answer = solver.solve(numbers.map((number) => givenNumber(whole(number)))) ?? ''
      expect(expressionVerifier({ numbers, target }, { all: true }).verify(answer, context)).toMatchObject({
        passed: true,
      })
    }
    expect(solver.solve([1, 1, 1, 1].map((number) => givenNumber(whole(number))))).toBeUndefined()
  })

  it.each([4, 5])('of Countdown with %s numbers can be solved, and are the same for the same seed', (count) => {
    for (let seed = 0; seed < 5; seed++) {
      const task = countdownTask(seed, count)
      expect(countdownTask(seed, count)).toEqual(task)
      const solver = createNumbersSolver(whole(task.target), countdownRules)
      const answer = solver.solve(task.numbers.map((number) => givenNumber(whole(number)))) ?? ''
      expect(expressionVerifier(task, { all: false }).verify(answer, context)).toMatchObject({ passed: true })
    }
  })
})
