/** What arrays and objects have in common: counts, unevaluated parts, children whose verdict is awaited. */
import { type Atom, evaluate, type Evaluation, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
import type { SchemaNode } from './schema-node.ts'

export function hasKey(logic: Logic, name: string): Formula {
  return logic.atom(`has-key ${name}`, () => ({ kind: 'has-key', name }))
}

export function countAtLeast(logic: Logic, count: number): Formula {
  const least = Math.ceil(count)
  if (least <= 0) return TRUE
  return logic.atom(`count ${least}`, () => ({ kind: 'count', least }))
}

export function unevaluated(logic: Logic, rest: SchemaNode, by: readonly Evaluation[]): Formula {
  if (rest.value === true) return TRUE
  const open = by.filter(({ when }) => when !== FALSE)
  const key = open.map(({ node, when }) => `${node.id}:${when.id}`).join(' ')
  return logic.atom(`unevaluated ${rest.id} ${key}`, () => ({ kind: 'unevaluated', rest, by: open }))
}

/** Like `logic.rewrite`, and within the conditions that `unevaluated` atoms carry too. */
export function rewriteAll(logic: Logic, formula: Formula, replace: (atom: Atom, whole: Formula) => Formula): Formula {
  const replaceAll = (atom: Atom, whole: Formula): Formula => {
    if (atom.kind !== 'unevaluated') return replace(atom, whole)
    const by = atom.by.map(({ node, when }) => ({ node, when: logic.rewrite(when, replaceAll) }))
    const changed = unevaluated(logic, atom.rest, by)
    return changed.kind === 'atom' ? replace(changed.atom, changed) : changed
  }
  return logic.rewrite(formula, replaceAll)
}

/** With the verdicts on the child that just ended. */
export function decideChild(logic: Logic, formula: Formula, verdict: (node: SchemaNode) => boolean): Formula {
  return rewriteAll(logic, formula, (atom, whole) => {
    if (atom.kind !== 'schema') return whole
    return verdict(atom.node) ? TRUE : FALSE
  })
}

/** Whether the container may end here. */
export function holdsAtEnd(formula: Formula): boolean {
  return evaluate(formula, (atom) => {
    switch (atom.kind) {
      case 'count':
      case 'contains':
      case 'has-key':
        return false
      case 'items':
      case 'members':
      case 'names':
      case 'unique':
      case 'unevaluated':
        return true
      default:
        throw new RangeError(`Not an atom of a container: ${atom.kind}`)
    }
  })
}

const distances = new WeakMap<Formula, number>()
/** More than any container lacks. */
const never = 1e6

/** A guess at how many children the container lacks before it may end: what a search goes by. */
export function distanceToEnd(formula: Formula): number {
  let distance = distances.get(formula)
  if (distance === undefined) distances.set(formula, (distance = estimate(formula, true)))
  return distance
}

/** What the formula, or its denial, lacks. */
function estimate(formula: Formula, wanted: boolean): number {
  switch (formula.kind) {
    case 'constant':
      return formula.value === wanted ? 0 : never
    case 'not':
      return estimate(formula.operand, !wanted)
    case 'atom':
      return lackOf(formula.atom, wanted)
    case 'one':
      return wanted ? Math.min(...formula.operands.map((operand) => estimate(operand, true))) : 0
    default: {
      const lacks = formula.operands.map((operand) => estimate(operand, wanted))
      const all = (formula.kind === 'and') === wanted
      return all ? lacks.reduce((sum, lack) => sum + lack, 0) : Math.min(...lacks)
    }
  }
}

function lackOf(atom: Atom, wanted: boolean): number {
  switch (atom.kind) {
    case 'has-key':
    case 'count':
      return wanted ? 1 : 0
    case 'contains':
      return wanted ? atom.missing : 0
    default:
      return wanted ? 0 : 1
  }
}
