/** Short values of a plan that take no search: literals, numbers, texts, and containers whose parts are known. */
import { canonicalNumber, parseDecimal } from './decimal.ts'
import type { ArrayPosition, ObjectPosition, ValuePlan, Verdict } from './plans.ts'

/** A value that satisfies a plan. */
export interface Example {
  readonly text: string
  readonly verdict: Verdict
  /** One text for each value: equal values have equal texts. */
  readonly canonical: string
}

/** The items or members that a container still needs, as texts (`"key":value` for members), and its verdict then. */
export interface Rest {
  readonly parts: readonly string[]
  readonly verdict: Verdict
}

/** Most values of one kind. */
export const mostCandidates = 64

/** Literals, then up to `count` numbers and as many texts. */
export function* scalars(plan: ValuePlan, count: number): Iterable<Example> {
  for (const literal of ['null', 'true', 'false'] as const) {
    const verdict = plan[literal]
    if (verdict !== undefined) yield { text: literal, verdict, canonical: literal }
  }
  for (const text of plan.number === undefined ? [] : numbersOf(plan, count)) {
    const verdict = plan.number?.verdict(text)
    if (verdict !== undefined) yield { text, verdict, canonical: canonicalNumber(parseDecimal(text)) }
  }
  const start = plan.text?.start
  if (start === undefined) return
  const closing = start.closing()
  const ways = count > 1 ? (plan.text?.examples(count).texts ?? []) : closing === undefined ? [] : [closing]
  for (const way of ways) {
    let position: typeof start | undefined = start
    for (const code of way) position = position?.next(code)
    const verdict = position?.verdict()
    const text = JSON.stringify(way.map((code) => String.fromCodePoint(code)).join(''))
    if (verdict !== undefined) yield { text, verdict, canonical: text }
  }
}

function numbersOf({ number }: ValuePlan, count: number): readonly string[] {
  if (number === undefined) return []
  if (count > 1) return number.examples(count)
  const closing = number.closing('')
  return closing === undefined ? [] : [closing]
}

/** Arrays with one plain item. */
export function* arraysOfOne({ array }: ValuePlan): Iterable<Example> {
  const step = array?.item()
  if (array === undefined || step === undefined) return
  for (const { text, verdict, canonical } of scalars(step.plan, mostCandidates)) {
    const whole = step.after(verdict, canonical)?.verdict()
    if (whole !== undefined) yield exampleFrom(array, { parts: [text], verdict: whole })
  }
}

/** A container with what it still needed. */
export function exampleFrom(position: ArrayPosition | ObjectPosition, { parts, verdict }: Rest): Example {
  const text = position.kind === 'array' ? `[${parts.join()}]` : `{${parts.join()}}`
  return { text, verdict, canonical: canonicalOf(text) }
}

/** Of a text made here. */
function canonicalOf(text: string): string {
  const write = (value: unknown): string => {
    if (typeof value === 'number') return canonicalNumber(parseDecimal(String(value)))
    if (Array.isArray(value)) return `[${value.map(write).join()}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`)
    return `{${members.sort().join()}}`
  }
  return write(JSON.parse(text))
}
