/**
 * What is demanded of a value, as a boolean formula over atoms that the value's bytes decide one after the other. Equal formulas of
 * one `Logic` are the same object, so they are compared by identity, and whatever is decided simplifies away at once.
 */
import type { CharacterState } from '../regex/index.ts'
import type { Decimal } from './decimal.ts'
import type { SchemaNode } from './schema-node.ts'

export type Formula =
  | { readonly id: number; readonly kind: 'constant'; readonly value: boolean }
  | { readonly id: number; readonly kind: 'atom'; readonly atom: Atom }
  | { readonly id: number; readonly kind: 'not'; readonly operand: Formula }
  /** `one`: exactly one of the operands holds. */
  | { readonly id: number; readonly kind: 'and' | 'or' | 'one'; readonly operands: readonly Formula[] }

/** A condition under which a part of the schema has evaluated members or items of the value. */
export interface Evaluation {
  readonly node: SchemaNode
  readonly when: Formula
}

export type Atom =
  /** The value (of a child, or of a key) satisfies a schema. */
  | { readonly kind: 'schema'; readonly node: SchemaNode }
  // strings
  /** `texts`: all that it accepts, where they are given one by one. */
  | { readonly kind: 'text-automaton'; readonly start: CharacterState; readonly texts?: readonly string[] }
  | { readonly kind: 'text-length'; readonly least: number }
  /** Judged at the closing quote only. */
  | { readonly kind: 'text-test'; readonly test: (text: string) => boolean; readonly example: string }
  // numbers
  | { readonly kind: 'number-above'; readonly bound: Decimal; readonly orEqual: boolean }
  | { readonly kind: 'number-multiple'; readonly step: Decimal }
  | { readonly kind: 'number-equal'; readonly value: Decimal }
  /** Written without fraction and exponent (draft-04's integers). */
  | { readonly kind: 'number-plain' }
  // arrays and objects
  | { readonly kind: 'count'; readonly least: number }
  | { readonly kind: 'items'; readonly node: SchemaNode }
  | { readonly kind: 'contains'; readonly node: SchemaNode; readonly missing: number }
  | { readonly kind: 'unique' }
  | { readonly kind: 'members'; readonly node: SchemaNode }
  | { readonly kind: 'names'; readonly node: SchemaNode }
  | { readonly kind: 'has-key'; readonly name: string }
  /** Members or items that nothing else evaluates satisfy `rest`. */
  | { readonly kind: 'unevaluated'; readonly rest: SchemaNode; readonly by: readonly Evaluation[] }

export type AtomOf<Kind extends Atom['kind']> = Extract<Atom, { kind: Kind }>

export const TRUE: Formula = { id: 0, kind: 'constant', value: true }
export const FALSE: Formula = { id: 1, kind: 'constant', value: false }

export interface Logic {
  /** `key` names the atom: the same key always means the same atom. */
  atom(key: string, make: () => Atom): Formula
  not(operand: Formula): Formula
  and(operands: readonly Formula[]): Formula
  or(operands: readonly Formula[]): Formula
  one(operands: readonly Formula[]): Formula
  /** With each atom replaced. */
  rewrite(formula: Formula, replace: (atom: Atom, formula: Formula) => Formula): Formula
  /**
   * The weakest formula over the atoms that `keep` names which follows from this one, or a weaker one: the others count as whatever
   * helps.
   */
  project(formula: Formula, keep: (atom: Atom) => boolean): Formula
}

/** Longer conjunctions are left as they are. */
const mostPropagated = 64

function isLiteral(formula: Formula): boolean {
  return formula.kind === 'atom' || (formula.kind === 'not' && formula.operand.kind === 'atom')
}

export function createLogic(): Logic {
  const interned = new Map<string, Formula>()
  let nextId = 2

  function intern(key: string, make: (id: number) => Formula): Formula {
    let formula = interned.get(key)
    if (formula === undefined) interned.set(key, (formula = make(nextId++)))
    return formula
  }

  const atom = (key: string, make: () => Atom) => intern(`atom ${key}`, (id) => ({ id, kind: 'atom', atom: make() }))

  function not(operand: Formula): Formula {
    if (operand.kind === 'constant') return operand.value ? FALSE : TRUE
    if (operand.kind === 'not') return operand.operand
    return intern(`not ${operand.id}`, (id) => ({ id, kind: 'not', operand }))
  }

  const and = (operands: readonly Formula[]) => join('and', operands, TRUE, FALSE)
  const or = (operands: readonly Formula[]) => join('or', operands, FALSE, TRUE)

  /** Both junctions: `neutral` vanishes, `absorbing` decides. */
  function join(kind: 'and' | 'or', operands: readonly Formula[], neutral: Formula, absorbing: Formula): Formula {
    const kept = new Map<number, Formula>()
    for (const operand of operands) {
      if (operand === absorbing) return absorbing
      if (operand === neutral) continue
      if (operand.kind === kind) for (const inner of operand.operands) kept.set(inner.id, inner)
      else kept.set(operand.id, operand)
    }
    for (const operand of kept.values()) {
      if (operand.kind === 'not' && kept.has(operand.operand.id)) return absorbing
    }
    if (kept.size > 1) absorb(kind, kept)
    const rest = kind === 'and' && kept.size > 1 ? propagated(kept) : [...kept.values()]
    if (rest.length !== kept.size || rest.some((operand) => !kept.has(operand.id))) return and(rest)
    if (rest.length === 0) return neutral
    if (rest.length === 1) return rest[0]
    rest.sort((a, b) => a.id - b.id)
    return intern(`${kind} ${rest.map((operand) => operand.id).join(' ')}`, (id) => ({ id, kind, operands: rest }))
  }

  /** a & (a | b) is a, and dually. */
  function absorb(kind: 'and' | 'or', kept: Map<number, Formula>): void {
    const dual = kind === 'and' ? 'or' : 'and'
    for (const operand of kept.values()) {
      if (operand.kind === dual && operand.operands.some((inner) => kept.has(inner.id))) kept.delete(operand.id)
    }
  }

  /** What holds for certain simplifies the other conjuncts. */
  function propagated(kept: ReadonlyMap<number, Formula>): Formula[] {
    const certain = new Map<number, Formula>()
    let open = false
    for (const operand of kept.values()) {
      if (operand.kind === 'not') certain.set(operand.operand.id, FALSE)
      else certain.set(operand.id, TRUE)
      open ||= !isLiteral(operand)
    }
    if (!open || kept.size > mostPropagated) return [...kept.values()]
    return [...kept.values()].map((operand) => (isLiteral(operand) ? operand : within(operand, certain)))
  }

  /** The parts of a formula, not the formula itself, with what is certain put in. */
  function within(formula: Formula, certain: ReadonlyMap<number, Formula>): Formula {
    const visit = (part: Formula): Formula => certain.get(part.id) ?? inside(part)
    const inside = (part: Formula): Formula => {
      switch (part.kind) {
        case 'constant':
        case 'atom':
          return part
        case 'not': {
          const operand = visit(part.operand)
          return operand === part.operand ? part : not(operand)
        }
        default:
          return rewriteOperands(part.kind, part.operands, part, visit)
      }
    }
    // A negation is certain through its operand, which must not be put in for itself.
    if (formula.kind !== 'not') return inside(formula)
    const operand = inside(formula.operand)
    const whole = operand.kind === 'and' ? and(operand.operands.map((part) => certain.get(part.id) ?? part)) : operand
    return whole === formula.operand ? formula : not(whole)
  }

  function one(operands: readonly Formula[]): Formula {
    const open = new Map<number, Formula>()
    const twice: Formula[] = []
    let holding = 0
    for (const operand of operands) {
      if (operand === FALSE) continue
      if (operand === TRUE) holding++
      else if (open.has(operand.id)) twice.push(operand)
      else open.set(operand.id, operand)
    }
    if (holding > 1) return FALSE
    for (const operand of twice) open.delete(operand.id)
    const rest = [...open.values()].sort((a, b) => a.id - b.id)
    const never = [...twice, ...(holding === 1 ? rest : [])].map(not)
    if (holding === 1) return and(never)
    if (rest.length === 0) return FALSE
    const single =
      rest.length === 1
        ? rest[0]
        : intern(`one ${rest.map((operand) => operand.id).join(' ')}`, (id) => ({ id, kind: 'one', operands: rest }))
    return and([single, ...never])
  }

  function rewrite(formula: Formula, replace: (atom: Atom, formula: Formula) => Formula): Formula {
    const done = new Map<number, Formula>()
    const visit = (part: Formula): Formula => {
      if (part.kind === 'constant') return part
      let result = done.get(part.id)
      if (result !== undefined) return result
      if (part.kind === 'atom') result = replace(part.atom, part)
      else if (part.kind === 'not') result = not(visit(part.operand))
      else result = rewriteOperands(part.kind, part.operands, part, visit)
      done.set(part.id, result)
      return result
    }
    return visit(formula)
  }

  function rewriteOperands(
    kind: 'and' | 'or' | 'one',
    operands: readonly Formula[],
    whole: Formula,
    visit: (part: Formula) => Formula,
  ): Formula {
    let changed = false
    const rewritten = operands.map((operand) => {
      const result = visit(operand)
      changed ||= result !== operand
      return result
    })
    if (!changed) return whole
    if (kind === 'and') return and(rewritten)
    return kind === 'or' ? or(rewritten) : one(rewritten)
  }

  function project(formula: Formula, keep: (atom: Atom) => boolean): Formula {
    const visit = (part: Formula, positive: boolean): Formula => {
      switch (part.kind) {
        case 'constant':
          return part
        case 'atom':
          if (keep(part.atom)) return part
          return positive ? TRUE : FALSE
        case 'not':
          return not(visit(part.operand, !positive))
        case 'and':
          return and(part.operands.map((operand) => visit(operand, positive)))
        case 'or':
          return or(part.operands.map((operand) => visit(operand, positive)))
        case 'one': {
          if (onlyKept(part)) return part
          // Exactly one implies at least one; its denial is implied by none at all, which is as weak as that gets.
          return positive ? or(part.operands.map((operand) => visit(operand, true))) : FALSE
        }
      }
    }
    const onlyKept = (part: Formula): boolean => {
      switch (part.kind) {
        case 'constant':
          return true
        case 'atom':
          return keep(part.atom)
        case 'not':
          return onlyKept(part.operand)
        default:
          return part.operands.every(onlyKept)
      }
    }
    return visit(formula, true)
  }

  return { atom, not, and, or, one, rewrite, project }
}

/** All atoms, each once, in the order of their first appearance. */
export function atomsOf(formulas: readonly Formula[]): Atom[] {
  const seen = new Set<number>()
  const found: Atom[] = []
  const visit = (part: Formula): void => {
    if (part.kind === 'constant' || seen.has(part.id)) return
    seen.add(part.id)
    if (part.kind === 'atom') {
      found.push(part.atom)
      if (part.atom.kind === 'unevaluated') for (const { when } of part.atom.by) visit(when)
    } else if (part.kind === 'not') visit(part.operand)
    else part.operands.forEach(visit)
  }
  formulas.forEach(visit)
  return found
}

/** The value of a formula whose atoms are all decided. */
export function evaluate(formula: Formula, truth: (atom: Atom) => boolean): boolean {
  switch (formula.kind) {
    case 'constant':
      return formula.value
    case 'atom':
      return truth(formula.atom)
    case 'not':
      return !evaluate(formula.operand, truth)
    case 'and':
      return formula.operands.every((operand) => evaluate(operand, truth))
    case 'or':
      return formula.operands.some((operand) => evaluate(operand, truth))
    case 'one': {
      let holding = 0
      for (const operand of formula.operands) if (evaluate(operand, truth) && ++holding > 1) return false
      return holding === 1
    }
  }
}

/** The operands of a conjunction; of another formula that formula. */
export function conjuncts(formula: Formula): readonly Formula[] {
  if (formula === TRUE) return []
  return formula.kind === 'and' ? formula.operands : [formula]
}
