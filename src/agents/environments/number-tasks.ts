/** Tasks of games of numbers that can be solved: all of the Game of 24, any number of Countdown's. */
import { createRandom } from '../../util/random.ts'
import { whole } from './fraction.ts'
import type { NumbersTask } from './numbers-environment.ts'
import { countdownRules, gameOf24Rules, givenNumber, stepsFrom, takeStep } from './numbers-game.ts'
import { createNumbersSolver } from './solve-numbers.ts'

/** The 1,362 of the 1,820 sets of four numbers from 1 to 13 that make 24; with `every` only each so many. Takes seconds. */
export function gameOf24Tasks(every = 1): NumbersTask[] {
  const solver = createNumbersSolver(whole(24), gameOf24Rules)
  const isSolvable = (numbers: readonly number[]): boolean =>
    solver.isSolvable(numbers.map((number) => givenNumber(whole(number))))
  return gameOf24Sets()
    .filter((_, at) => at % every === 0)
    .filter(isSolvable)
    .map((numbers) => ({ numbers, target: 24 }))
}

/** All 1,820 sets of four numbers from 1 to 13, in order. */
export function gameOf24Sets(): number[][] {
  const sets: number[][] = []
  for (let a = 1; a <= 13; a++) {
    for (let b = a; b <= 13; b++) for (let c = b; c <= 13; c++) for (let d = c; d <= 13; d++) sets.push([a, b, c, d])
  }
  return sets
}

/**
 * A Countdown task that can be solved: its target is made by random steps from all of its numbers. The same seed gives the same task.
 * @param count of numbers, 4 to 6
 */
export function countdownTask(seed: number, count = 4): NumbersTask {
  const { float } = createRandom(seed)
  const draw = (most: number): number => 1 + Math.floor(float() * most)
  for (;;) {
    const numbers = Array.from({ length: count }, () => draw(25))
    let left: ReturnType<typeof takeStep> = numbers.map((number) => givenNumber(whole(number)))
    while (typeof left !== 'string' && left.length > 1) {
      const steps = stepsFrom(left, countdownRules)
      left = takeStep(left, steps[draw(steps.length) - 1], countdownRules)
    }
    const target = typeof left === 'string' ? 0 : left[0].value.over
    if (target >= 10 && target <= 100 && !numbers.includes(target)) return { numbers, target }
  }
}
