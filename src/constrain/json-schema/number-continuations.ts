/** Numbers that go on from a prefix of digits and lie in a clause's interval on its steps. */
import { aligned, canonicalNumber, type Decimal, parseDecimal } from './decimal.ts'
import type { Clause } from './number-clauses.ts'

/** Numbers that begin with `prefix` and lie in a clause's interval on its step, short ones first, but for values left out. */
export function* continuations(
  prefix: string,
  clauses: readonly Clause[],
  mostDigits: number,
  perSpan = 3,
): Iterable<string> {
  for (const clause of clauses) {
    const isLeftOut = leftOut(clause)
    for (const span of spansOf(prefix, mostDigits)) yield* within(span, clause, prefix, perSpan, isLeftOut)
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

type Test = (text: string) => boolean

const leftOutBy = new WeakMap<Clause, ReadonlySet<string>>()

/** Whether a number is among the values that the clause excludes. */
function leftOut(clause: Clause): Test {
  if (clause.not.length === 0) return () => false
  let known = leftOutBy.get(clause)
  if (known === undefined) leftOutBy.set(clause, (known = new Set(clause.not.map(canonicalNumber))))
  return (text) => known.has(canonicalNumber(parseDecimal(text)))
}

function* within(span: Span, clause: Clause, prefix: string, count: number, isLeftOut: Test): Iterable<string> {
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
  const write = (value: bigint): string => written(value, exponent - fineness, prefix)
  // Other conditions may exclude a run of values: a few more are tried.
  if (clause.steps.length > 0) yield* multiples(low, high, step, write, count + 20, isLeftOut)
  else yield* roundest(low, high, write, count, isLeftOut)
}

type Write = (value: bigint) => string

function* multiples(
  low: bigint,
  high: bigint,
  step: bigint,
  write: Write,
  count: number,
  isLeftOut: Test,
): Iterable<string> {
  let found = 0
  for (let value = ceilingDivide(low, step) * step; value <= high && found < count; value += step) {
    const text = write(value)
    if (text !== '' && isLeftOut(text)) continue
    found++
    if (text !== '') yield text
  }
}

/** The numbers of an interval with the fewest places. */
function* roundest(low: bigint, high: bigint, write: Write, count: number, isLeftOut: Test): Iterable<string> {
  for (let step = 10n ** 60n; step > 0n; step /= 10n) {
    const first = ceilingDivide(low, step) * step
    let found = 0
    for (let value = first; value <= high && found < count; value += step) {
      const text = write(value)
      if (text !== '' && isLeftOut(text)) continue
      found++
      if (text !== '') yield text
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
