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
