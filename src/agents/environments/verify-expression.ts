/** Judges whole answers to games of numbers, such as `(10 - 4) * (13 - 9)`: exactly, and naming the rule that is broken. */
import type { Verdict, Verifier } from '../../tools/steps/verifier.ts'
import { isSame, showFraction, whole } from './fraction.ts'
import type { NumbersTask } from './numbers-environment.ts'
import { readExpression } from './read-numbers.ts'

/**
 * @param rules `all`: every number must be used; else each at most once
 * @example
 * const verifier = expressionVerifier({ numbers: [4, 9, 10, 13], target: 24 }, { all: true })
 */
export function expressionVerifier(
  { numbers, target }: NumbersTask,
  { all }: { readonly all: boolean },
): Verifier<string> {
  return { source: 'external', verify: (text) => judge(text, numbers, target, all) }
}

function judge(text: string, given: readonly number[], target: number, all: boolean): Verdict {
  const failed = (feedback: string): Verdict => ({ passed: false, score: 0, feedback })
  const expression = text.split('=')[0].trim()
  if (expression === '') return failed('The answer is empty; an expression was expected.')
  const read = readExpression(expression)
  if (typeof read === 'string') return failed(`${expression} is no expression: ${read}.`)
  const value = `The value reached is ${showFraction(read.value)}.`
  const left = [...given]
  for (const number of read.numbers) {
    const at = left.indexOf(number)
    if (at < 0) {
      const problem = given.includes(number) ? `${number} is used too often` : `${number} is not among the numbers`
      return failed(`${problem} ${given.join(' ')}. ${value}`)
    }
    left.splice(at, 1)
  }
  if (all && left.length > 0) return failed(`Not all numbers are used: ${left.join(' ')} is left. ${value}`)
  if (!isSame(read.value, whole(target))) return failed(`${value} It should be ${target}.`)
  return { passed: true, score: 1, feedback: value }
}
