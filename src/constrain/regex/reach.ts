/** How far it is from an expression to an end: exact, so that no state leads nowhere. */
import { OstroError } from '../../util/error.ts'
import type { Alphabet } from './alphabet.ts'
import type { Expression, Expressions } from './expression.ts'

export interface Distances {
  /** Characters of a shortest text; Infinity where there is none. */
  to(expression: Expression): number
}

/** Most derivatives taken to find out where an intersection or complement leads. */
const MOST_EXPLORED = 10_000

/**
 * Distances for `start` and all that it leads to. Without intersection and complement they follow from the form; with them, all that
 * can be reached is explored first.
 * @throws OstroError('unsupported') where that is too much
 */
export function findDistances(start: Expression, alphabet: Alphabet, expressions: Expressions): Distances {
  const explored = isPositive(start) ? undefined : explore(start, alphabet, expressions)
  const lengths = new WeakMap<Expression, number>()
  return {
    to(expression) {
      let length = explored?.get(expression) ?? lengths.get(expression)
      if (length === undefined) lengths.set(expression, (length = explored ? Infinity : shortestLength(expression)))
      return length
    },
  }
}

function isPositive(expression: Expression): boolean {
  switch (expression.kind) {
    case 'nothing':
    case 'empty':
    case 'set':
      return true
    case 'repeat':
      return isPositive(expression.body)
    case 'sequence': {
      let at: Expression = expression
      for (; at.kind === 'sequence'; at = at.rest) if (!isPositive(at.first)) return false
      return isPositive(at)
    }
    case 'union':
      return expression.items.every(isPositive)
    case 'intersection':
    case 'complement':
    case 'loop':
      return false
    default:
      return expression satisfies never
  }
}

function shortestLength(expression: Expression): number {
  switch (expression.kind) {
    case 'nothing':
      return Infinity
    case 'empty':
      return 0
    case 'set':
      return 1
    case 'repeat':
      return expression.min === 0 ? 0 : expression.min * shortestLength(expression.body)
    case 'sequence': {
      let length = 0
      let at: Expression = expression
      for (; at.kind === 'sequence'; at = at.rest) length += shortestLength(at.first)
      return length + shortestLength(at)
    }
    case 'union':
      return expression.items.reduce((least, item) => Math.min(least, shortestLength(item)), Infinity)
    case 'intersection':
    case 'complement':
    case 'loop':
      throw new TypeError('the form of an intersection, complement or loop does not tell its shortest text')
    default:
      return expression satisfies never
  }
}

/** Everything that can be reached, with its distance to an end. */
function explore(start: Expression, alphabet: Alphabet, expressions: Expressions): Map<Expression, number> {
  const sources = new Map<Expression, Expression[]>([[start, []]])
  const ends: Expression[] = []
  let steps = 0
  for (const expression of sources.keys()) {
    if (expression.nullable) ends.push(expression)
    for (let member = 0; member < alphabet.classes; member++) {
      const next = expressions.derivative(expression, member)
      if (++steps > MOST_EXPLORED) throw tooInvolved()
      const known = sources.get(next)
      if (known) known.push(expression)
      else sources.set(next, [expression])
    }
  }
  const distances = new Map<Expression, number>(ends.map((end) => [end, 0]))
  // Breadth first, and a Map goes over what is added meanwhile.
  for (const [expression, distance] of distances) {
    for (const source of sources.get(expression) ?? []) {
      if (!distances.has(source)) distances.set(source, distance + 1)
    }
  }
  return distances
}

/** An upper bound of the length of the texts; Infinity where there may be none. */
export function longestText(expression: Expression): number {
  switch (expression.kind) {
    case 'nothing':
    case 'empty':
      return 0
    case 'set':
      return 1
    case 'repeat': {
      const body = longestText(expression.body)
      return body === 0 ? 0 : expression.max * body
    }
    case 'sequence': {
      let length = 0
      let at: Expression = expression
      for (; at.kind === 'sequence'; at = at.rest) length += longestText(at.first)
      return length + longestText(at)
    }
    case 'union':
      return expression.items.reduce((most, item) => Math.max(most, longestText(item)), 0)
    case 'intersection':
      return expression.items.reduce((least, item) => Math.min(least, longestText(item)), Infinity)
    case 'complement':
    case 'loop':
      return Infinity
    default:
      return expression satisfies never
  }
}

/** The characters of a shortest text. */
export function shortestText(
  start: Expression,
  alphabet: Alphabet,
  expressions: Expressions,
  distances: Distances,
): number[] {
  const text: number[] = []
  let at = start
  while (!at.nullable) {
    const here = distances.to(at)
    let closer: { readonly member: number; readonly next: Expression } | undefined
    for (const member of readableOrder(alphabet)) {
      const next = expressions.derivative(at, member)
      if (distances.to(next) >= here) continue
      closer = { member, next }
      break
    }
    if (!closer) throw new TypeError('a shortest text gets shorter with each character')
    text.push(alphabet.sampleOf(closer.member))
    at = closer.next
  }
  return text
}

const orders = new WeakMap<Alphabet, readonly number[]>()

/** Classes with letters and digits first, then other ASCII, then the rest. */
function readableOrder(alphabet: Alphabet): readonly number[] {
  let order = orders.get(alphabet)
  if (!order) {
    const rank = (member: number): number => {
      const sample = String.fromCodePoint(Math.max(0, alphabet.sampleOf(member)))
      return /[a-z0-9]/i.test(sample) ? 0 : sample >= ' ' && sample <= '~' ? 1 : 2
    }
    order = Array.from({ length: alphabet.classes }, (_, member) => member).sort((a, b) => rank(a) - rank(b) || a - b)
    orders.set(alphabet, order)
  }
  return order
}

function tooInvolved(): OstroError {
  return new OstroError(
    'unsupported',
    `regular expression: expected look-ahead that is simple enough to explore, got more than ${MOST_EXPLORED} steps. Use shorter counts beside the look-ahead.`,
    { limit: MOST_EXPLORED },
  )
}
