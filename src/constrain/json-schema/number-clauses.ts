/** Conditions on numbers as alternatives: an interval, steps, and values left out. */
import { compareDecimals, type Decimal } from './decimal.ts'
import type { Atom, Formula, Logic } from './formula.ts'

export interface Bound {
  readonly value: Decimal
  readonly open: boolean
}

export interface Clause {
  readonly low: Bound | undefined
  readonly high: Bound | undefined
  readonly steps: readonly Decimal[]
  readonly notSteps: readonly Decimal[]
  readonly not: readonly Decimal[]
  /** Written without fraction and exponent. */
  readonly plain: boolean
}

export const anyNumber: Clause = { low: undefined, high: undefined, steps: [], notSteps: [], not: [], plain: false }
/** Formulas with more alternatives are judged at the end of the number only. */
const mostClauses = 200

/** Disjunctive form; undefined where that has too many parts. */
export function clausesOf(logic: Logic, formula: Formula): Clause[] | undefined {
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
