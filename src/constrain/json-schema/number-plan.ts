/**
 * Numbers under conditions: the formula is spread into clauses (an interval, a step, values left out), so that a prefix of digits is
 * legal only where some number that continues it satisfies one of them.
 */
import {
  canonicalNumber,
  aligned,
  compareDecimals,
  type Decimal,
  equalDecimals,
  isMultipleOf,
  parseDecimal,
} from './decimal.ts'
import { createLogic, type Atom, atomsOf, evaluate, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
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
  /** Which goals the number satisfies; undefined where the formula does not hold. */
  verdict(text: string): readonly boolean[] | undefined
  /** Whether some continuation of a prefix (without exponent; empty for the start) satisfies the formula. May be wrong about yes. */
  viable(prefix: string): boolean
  /** The rest of a short number that continues the prefix, undefined where none was found. */
  closing(prefix: string): string | undefined
  /** Different numbers that satisfy the formula. */
  examples(count: number): readonly string[]
}

interface Bound {
  readonly value: Decimal
  readonly open: boolean
}

interface Clause {
  readonly low: Bound | undefined
  readonly high: Bound | undefined
  readonly steps: readonly Decimal[]
  readonly notSteps: readonly Decimal[]
  readonly not: readonly Decimal[]
  /** Written without fraction and exponent. */
  readonly plain: boolean
}

const anyNumber: Clause = { low: undefined, high: undefined, steps: [], notSteps: [], not: [], plain: false }
/** Formulas with more alternatives are judged at the end of the number only. */
const mostClauses = 200
const mostRemembered = 20_000

/** Plans that ask for any number, or any whole one, by the verdicts on their goals: the same for all schemas. */
const commonPlans = new Map<string, NumberPlan>()

/** `goals` get a verdict each; `total` has to hold. At most `mostDigits` are looked at before the point. */
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
    verdict,
    viable,
    closing,
    examples,
  }
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

/** Disjunctive form; undefined where that has too many parts. */
function clausesOf(logic: Logic, formula: Formula): Clause[] | undefined {
  const spread = (part: Formula, positive: boolean): Clause[] | undefined => {
    switch (part.kind) {
      case 'constant':
        return part.value === positive ? [anyNumber] : []
      case 'atom':
        return [literal(part.atom, positive)]
      case 'not':
        return spread(part.operand, !positive)
      case 'and':
      case 'or':
        return (part.kind === 'and') === positive
          ? product(part.operands.map((operand) => spread(operand, positive)))
          : sum(part.operands.map((operand) => spread(operand, positive)))
      case 'one':
        return positive ? sum(onlyEach(part.operands).map((each) => spread(each, true))) : spreadNotOne(part.operands)
    }
  }
  const onlyEach = (operands: readonly Formula[]): Formula[] =>
    operands.map((operand) => logic.and(operands.map((other) => (other === operand ? other : logic.not(other)))))
  const spreadNotOne = (operands: readonly Formula[]): Clause[] | undefined => {
    const none = logic.and(operands.map(logic.not))
    const pairs = operands.flatMap((a, index) => operands.slice(index + 1).map((b) => logic.and([a, b])))
    return sum([none, ...pairs].map((each) => spread(each, true)))
  }
  return spread(formula, true)
}

function sum(parts: readonly (Clause[] | undefined)[]): Clause[] | undefined {
  const all: Clause[] = []
  for (const part of parts) {
    if (part === undefined || all.length + part.length > mostClauses) return undefined
    all.push(...part)
  }
  return all
}

function product(parts: readonly (Clause[] | undefined)[]): Clause[] | undefined {
  let all: Clause[] = [anyNumber]
  for (const part of parts) {
    if (part === undefined || all.length * part.length > mostClauses) return undefined
    all = all.flatMap((clause) => part.map((other) => joined(clause, other)))
  }
  return all
}

function literal(atom: Atom, positive: boolean): Clause {
  switch (atom.kind) {
    case 'number-above':
      return positive
        ? { ...anyNumber, low: { value: atom.bound, open: !atom.orEqual } }
        : { ...anyNumber, high: { value: atom.bound, open: atom.orEqual } }
    case 'number-multiple':
      return positive ? { ...anyNumber, steps: [atom.step] } : { ...anyNumber, notSteps: [atom.step] }
    case 'number-equal': {
      const exactly: Bound = { value: atom.value, open: false }
      return positive ? { ...anyNumber, low: exactly, high: exactly } : { ...anyNumber, not: [atom.value] }
    }
    case 'number-plain':
      return { ...anyNumber, plain: positive }
    default:
      throw new RangeError(`Not an atom of a number: ${atom.kind}`)
  }
}

function joined(a: Clause, b: Clause): Clause {
  return {
    low: tighter(a.low, b.low, 1),
    high: tighter(a.high, b.high, -1),
    steps: [...a.steps, ...b.steps],
    notSteps: [...a.notSteps, ...b.notSteps],
    not: [...a.not, ...b.not],
    plain: a.plain || b.plain,
  }
}

function tighter(a: Bound | undefined, b: Bound | undefined, direction: number): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const order = direction * compareDecimals(a.value, b.value)
  if (order !== 0) return order > 0 ? a : b
  return a.open ? a : b
}

/** Numbers that begin with `prefix` and lie in a clause's interval on its step, short ones first; what is left out is not looked at. */
function* continuations(prefix: string, clauses: readonly Clause[], mostDigits: number, perSpan = 3): Iterable<string> {
  for (const clause of clauses) {
    for (const span of spansOf(prefix, mostDigits)) yield* within(span, clause, prefix, perSpan)
  }
}

/** Magnitudes in [from, to) x 10^exponent, in digits as integers. */
interface Span {
  readonly negative: boolean
  readonly from: bigint
  readonly to: bigint
  readonly exponent: number
}

function* spansOf(prefix: string, mostDigits: number): Iterable<Span> {
  if (prefix === '') {
    yield* spansOf('0', mostDigits)
    for (let digit = 0; digit < mostDigits; digit++)
      yield { negative: false, from: 10n ** BigInt(digit), to: 10n ** BigInt(digit + 1), exponent: 0 }
    yield* spansOf('-', mostDigits)
    return
  }
  const negative = prefix.startsWith('-')
  const digits = negative ? prefix.slice(1) : prefix
  if (digits === '') {
    for (let digit = 0; digit < mostDigits; digit++)
      yield { negative, from: digit === 0 ? 0n : 10n ** BigInt(digit), to: 10n ** BigInt(digit + 1), exponent: 0 }
    return
  }
  const [whole, fraction] = digits.split('.', 2)
  const leading = BigInt(whole + (fraction ?? ''))
  if (fraction !== undefined) {
    yield { negative, from: leading, to: leading + 1n, exponent: -fraction.length }
    return
  }
  yield { negative, from: leading, to: leading + 1n, exponent: 0 }
  if (leading === 0n) return
  for (let more = 1; whole.length + more <= mostDigits; more++) {
    const scale = 10n ** BigInt(more)
    yield { negative, from: leading * scale, to: (leading + 1n) * scale, exponent: 0 }
  }
}

/** Finest places tried for numbers without a step. */
const placesTried = 12

function* within(span: Span, clause: Clause, prefix: string, count: number): Iterable<string> {
  const spanFrom: Decimal = decimal(span.negative, span.from, span.exponent)
  const spanTo: Decimal = decimal(span.negative, span.to, span.exponent)
  const bounds = [clause.low?.value, clause.high?.value].filter((value) => value !== undefined)
  const common = aligned([spanFrom, spanTo, ...bounds, ...clause.steps])
  if (common === undefined) return
  const { values, exponent } = common
  const [a, b] = values
  let at = 2
  let low: bigint = span.negative ? b + 1n : a
  let high: bigint = span.negative ? a : b - 1n
  // Without a step numbers between the grid's lines count as well: the grid is made finer.
  const fineness = clause.steps.length > 0 || clause.plain ? 0 : placesTried
  const fine = 10n ** BigInt(fineness)
  low = span.negative ? (low - 1n) * fine + 1n : low * fine
  high = span.negative ? high * fine : (high + 1n) * fine - 1n
  if (clause.low !== undefined) {
    const bound = values[at++] * fine + (clause.low.open ? 1n : 0n)
    if (bound > low) low = bound
  }
  if (clause.high !== undefined) {
    const bound = values[at++] * fine - (clause.high.open ? 1n : 0n)
    if (bound < high) high = bound
  }
  if (low > high) return
  const step = values.slice(at).reduce((all, value) => leastCommonMultiple(all, value * fine), 1n)
  if (clause.steps.length > 0) yield* multiples(low, high, step, exponent - fineness, prefix, count)
  else yield* roundest(low, high, exponent - fineness, prefix, count)
}

function* multiples(
  low: bigint,
  high: bigint,
  step: bigint,
  exponent: number,
  prefix: string,
  count: number,
): Iterable<string> {
  let value = ceilingDivide(low, step) * step
  // What is left out may be a run of values: a few more are tried.
  for (let tried = 0; value <= high && tried < count + 20; tried++, value += step)
    yield written(value, exponent, prefix)
}

/** The numbers of an interval with the fewest places. */
function* roundest(low: bigint, high: bigint, exponent: number, prefix: string, count: number): Iterable<string> {
  for (let step = 10n ** 60n; step > 0n; step /= 10n) {
    const value = ceilingDivide(low, step) * step
    if (value > high) continue
    for (let offset = 0n; offset < BigInt(count) && value + offset * step <= high; offset++) {
      yield written(value + offset * step, exponent, prefix)
    }
    if (step === 1n) return
  }
}

/** In plain notation with at least the places of the prefix; where the value cannot continue the prefix, no number. */
function written(value: bigint, exponent: number, prefix: string): string {
  const negative = value < 0n || (value === 0n && prefix.startsWith('-'))
  const digits = String(value < 0n ? -value : value)
  const places = -exponent
  let text = digits
  if (places > 0) {
    const padded = digits.padStart(places + 1, '0')
    const fraction = padded.slice(-places).replace(/0+$/, '')
    text = padded.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
  } else if (places < 0) text = digits + '0'.repeat(-places)
  if (negative) text = `-${text}`
  if (prefix.includes('.')) {
    if (!text.includes('.')) text += '.'
    text = text.padEnd(Math.max(prefix.length, text.indexOf('.') + 2), '0')
  }
  return text.startsWith(prefix) ? text : ''
}

function decimal(negative: boolean, digits: bigint, exponent: number): Decimal {
  return { negative, digits, exponent }
}

function ceilingDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a > 0n === b > 0n ? quotient + 1n : quotient
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return (a / x) * b
}
