/**
 * Numbers under conditions: the formula is spread into clauses (an interval, a step, values left out), so that a prefix of digits is
 * legal only where some number that continues it satisfies one of them.
 */
import { canonicalNumber, compareDecimals, type Decimal, equalDecimals, isMultipleOf, parseDecimal } from './decimal.ts'
import { createLogic, type Atom, atomsOf, evaluate, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
import { anyNumber, type Clause, clausesOf } from './number-clauses.ts'
import { continuations } from './number-continuations.ts'
import { estimate } from './number-estimate.ts'

export interface NumberPlan {
  /** Whether every number gets the same verdict, so that its digits need not be kept. */
  readonly settled: readonly boolean[] | undefined
  /** The verdict on all numbers without point and exponent, where they get the same one. */
  readonly settledWhole: readonly boolean[] | undefined
  /** Whether a step is asked for, which numbers with an exponent meet only on paper once they are rounded to doubles. */
  readonly stepped: boolean
  /** Whether only whole numbers satisfy the formula. */
  readonly wholeOnly: boolean
  /** Digits in a row that listed numbers have, or the first number found; 0 where none was found. */
  readonly neededDigits: number
  /** Which goals the number satisfies; undefined where the formula does not hold. */
  verdict(text: string): readonly boolean[] | undefined
  /** Whether some continuation of a prefix (without exponent; empty for the start) satisfies the formula. May be wrong about yes. */
  viable(prefix: string): boolean
  /** The rest of a short number that continues the prefix, undefined where none was found. */
  closing(prefix: string): string | undefined
  /** Different numbers that satisfy the formula. */
  examples(count: number): readonly string[]
}

const mostRemembered = 20_000

/** Plans that ask for any number, or any whole one, by the verdicts on their goals: the same for all schemas. */
const commonPlans = new Map<string, NumberPlan>()

/** `goals` get a verdict each; `total` has to hold. At most `mostDigits` are looked at before the point, but for larger bounds. */
export function createNumberPlan(
  logic: Logic,
  goals: readonly Formula[],
  total: Formula,
  mostDigits: number,
): NumberPlan {
  const whole =
    total.kind === 'atom' && total.atom.kind === 'number-multiple' && canonicalNumber(total.atom.step) === '1e0'
  const common = (total === TRUE || whole) && goals.every((goal) => goal.kind === 'constant' || goal === total)
  if (!common) return buildNumberPlan(logic, goals, total, mostDigits)
  const key = `${mostDigits} ${whole} ${goals.map((goal) => (goal === total ? 'total' : goal.id)).join()}`
  let plan = commonPlans.get(key)
  if (plan === undefined) commonPlans.set(key, (plan = buildNumberPlan(createLogic(), goals, total, mostDigits)))
  return plan
}

function buildNumberPlan(logic: Logic, goals: readonly Formula[], total: Formula, mostDigits: number): NumberPlan {
  const clauses = clausesOf(logic, total)
  const listed = (clauses ?? []).flatMap(({ low, high }) =>
    low !== undefined && high !== undefined && equalDecimals(low.value, high.value) ? [low.value] : [],
  )
  const listedDigits = digitsOf(listed)
  const plan = planWithin(clauses, goals, total, Math.max(mostDigits, listedDigits), listedDigits)
  if (plan.neededDigits > 0) return plan
  const bounds = (clauses ?? []).flatMap(({ low, high, steps }) => [
    ...[low, high].flatMap((bound) => bound?.value ?? []),
    ...steps,
  ])
  return planWithin(clauses, goals, total, Math.max(mostDigits, digitsOf(bounds) + 1), 0)
}

/** Digits in a row of the longest of them, on either side of the point. */
function digitsOf(values: readonly Decimal[]): number {
  const sizes = values.map(({ digits, exponent }) => Math.max(String(digits).length + exponent, -exponent))
  return Math.max(0, ...sizes)
}

function planWithin(
  clauses: readonly Clause[] | undefined,
  goals: readonly Formula[],
  total: Formula,
  mostDigits: number,
  listedDigits: number,
): NumberPlan {
  const free = total.kind === 'constant' && total.value
  const settled = free && goals.every((goal) => goal.kind === 'constant')
  const viability = new Map<string, boolean>()

  function verdict(text: string): readonly boolean[] | undefined {
    const value = parseDecimal(text)
    const truth = (atom: Atom) => numberHolds(atom, value, text)
    return evaluate(total, truth) ? goals.map((goal) => evaluate(goal, truth)) : undefined
  }

  function viable(prefix: string): boolean {
    if (free || clauses === undefined) return total !== FALSE
    let known = viability.get(prefix)
    if (known === undefined) {
      if (viability.size > mostRemembered) viability.clear()
      known = estimated(prefix) ?? closing(prefix) !== undefined
      viability.set(prefix, known)
    }
    return known
  }

  /** What can be told without looking for a number. */
  function estimated(prefix: string): boolean | undefined {
    if (!/\d/.test(prefix)) return undefined
    if (isNumber(prefix) && verdict(prefix) !== undefined) return true
    const estimates = (clauses ?? []).map((clause) => {
      const range = { low: clause.low?.value, high: clause.high?.value, steps: clause.steps }
      const found = estimate(prefix, range, mostDigits)
      const isComplete = clause.notSteps.length === 0 && clause.not.length === 0
      return found === 'yes' && !isComplete ? 'unknown' : found
    })
    if (estimates.includes('yes')) return true
    return estimates.every((found) => found === 'no') ? false : undefined
  }

  function closing(prefix: string): string | undefined {
    if (/[eE]/.test(prefix)) return closingAfterExponent(prefix)
    for (const text of continuations(prefix, clauses ?? [anyNumber], mostDigits)) {
      if (isNumber(text) && verdict(text) !== undefined) return text.slice(prefix.length)
    }
    return undefined
  }

  function closingAfterExponent(prefix: string): string | undefined {
    for (const rest of ['', '0', '1', '2', '3', '-1', '-2', '-3', '+0']) {
      const text = prefix + rest
      if (isNumber(text) && verdict(text) !== undefined) return rest
    }
    return undefined
  }

  function examples(count: number): readonly string[] {
    const found = new Map<string, string>()
    for (const start of ['', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '0.']) {
      for (const text of continuations(start, clauses ?? [anyNumber], mostDigits, count)) {
        if (!isNumber(text) || verdict(text) === undefined) continue
        const value = parseDecimal(text)
        const key = `${value.negative} ${value.digits} ${value.exponent}`
        if (!found.has(key)) found.set(key, text)
        if (found.size >= count) return [...found.values()]
      }
    }
    return [...found.values()]
  }

  return {
    settled: settled ? goals.map((goal) => goal.kind === 'constant' && goal.value) : undefined,
    settledWhole: verdictOnWhole(goals, total),
    stepped: atomsOf([total, ...goals]).some((atom) => atom.kind === 'number-multiple'),
    wholeOnly: clauses !== undefined && clauses.every(isWholeOnly),
    neededDigits: free ? 1 : Math.max(listedDigits, longestRun(examples(1)[0] ?? '')),
    verdict,
    viable,
    closing,
    examples,
  }
}

function longestRun(text: string): number {
  return Math.max(0, ...text.split(/\D/).map((digits) => digits.length))
}

function verdictOnWhole(goals: readonly Formula[], total: Formula): readonly boolean[] | undefined {
  const one: Decimal = { negative: false, digits: 1n, exponent: 0 }
  const certain = atomsOf([total, ...goals]).every(
    (atom) => atom.kind === 'number-plain' || (atom.kind === 'number-multiple' && equalDecimals(atom.step, one)),
  )
  return certain && evaluate(total, () => true) ? goals.map((goal) => evaluate(goal, () => true)) : undefined
}

function isWholeOnly({ plain, steps, low, high }: Clause): boolean {
  if (plain || steps.some((step) => step.exponent >= 0)) return true
  return low !== undefined && low.value.exponent >= 0 && high !== undefined && equalDecimals(low.value, high.value)
}

function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)
}

function numberHolds(atom: Atom, value: Decimal, text: string): boolean {
  switch (atom.kind) {
    case 'number-above': {
      const order = compareDecimals(value, atom.bound)
      return order > 0 || (order === 0 && atom.orEqual)
    }
    case 'number-multiple':
      return isMultipleOf(value, atom.step)
    case 'number-equal':
      return equalDecimals(value, atom.value)
    case 'number-plain':
      return !/[.eE]/.test(text)
    default:
      throw new RangeError(`Not an atom of a number: ${atom.kind}`)
  }
}
