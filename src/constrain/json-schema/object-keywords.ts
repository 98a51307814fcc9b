/** Keywords of objects as formulas, and what remains of them after a member's key. */
import { countAtLeast, hasKey, rewriteAll, unevaluated } from './container-atoms.ts'
import { isObject } from './dialect.ts'
import { type AtomOf, atomsOf, FALSE, type Formula, TRUE } from './formula.ts'
import type { Obligations } from './obligations.ts'
import { patternFormula } from './pattern.ts'
import type { SchemaNode, SchemaObject } from './schema-node.ts'
import { holdsForText } from './text-verdict.ts'

export function objectKeywords(obligations: Obligations, node: SchemaNode, schema: SchemaObject): Formula[] {
  const { logic, formulaOf, child, map } = obligations
  const { draft } = node.resource.dialect
  const { required, minProperties, maxProperties, dependencies, dependentRequired } = schema
  const parts: Formula[] = []
  if (Array.isArray(required)) parts.push(...required.map((name) => hasKey(logic, name as string)))
  if (typeof minProperties === 'number') parts.push(countAtLeast(logic, minProperties))
  if (typeof maxProperties === 'number') parts.push(logic.not(countAtLeast(logic, Math.floor(maxProperties) + 1)))
  if ('properties' in schema || 'patternProperties' in schema || 'additionalProperties' in schema) {
    parts.push(logic.atom(`members ${node.id}`, () => ({ kind: 'members', node })))
  }
  if ('propertyNames' in schema && draft >= 6) {
    const names = child(node, 'propertyNames')
    parts.push(logic.atom(`names ${names.id}`, () => ({ kind: 'names', node: names })))
  }
  const implied = (name: string, demand: Formula) => logic.or([logic.not(hasKey(logic, name)), demand])
  const needs = (name: string, others: unknown) =>
    implied(name, logic.and((others as readonly string[]).map((other) => hasKey(logic, other))))
  if (isObject(dependentRequired) && draft >= 2019) {
    for (const [name, others] of Object.entries(dependentRequired)) parts.push(needs(name, others))
  }
  if ('dependentSchemas' in schema && draft >= 2019) {
    for (const [name, inner] of map(node, 'dependentSchemas')) parts.push(implied(name, formulaOf(inner, 'object')))
  }
  if (isObject(dependencies)) {
    for (const [name, inner] of map(node, 'dependencies')) parts.push(implied(name, formulaOf(inner, 'object')))
    for (const [name, others] of Object.entries(dependencies))
      if (Array.isArray(others)) parts.push(needs(name, others))
  }
  if ('unevaluatedProperties' in schema && draft >= 2019) {
    parts.push(unevaluated(logic, child(node, 'unevaluatedProperties'), obligations.evaluationsOf(node, 'object')))
  }
  return parts
}

/** What remains once member number `index` (from 0) with that key begins; the value's own part is in schema atoms. */
export function stepMember(obligations: Obligations, formula: Formula, key: string, index: number): Formula {
  const { logic, leafOf, formulaOf } = obligations
  return rewriteAll(logic, formula, (atom, whole) => {
    switch (atom.kind) {
      case 'count':
        return index + 1 >= atom.least ? TRUE : whole
      case 'has-key':
        return atom.name === key ? TRUE : whole
      case 'members':
        return logic.and([...memberSchemas(obligations, atom.node, key).map(leafOf), whole])
      case 'names':
        return holdsForText(formulaOf(atom.node, 'string'), key) ? whole : FALSE
      case 'unevaluated':
        return logic.and([logic.or([...evaluatedAt(obligations, atom, key), leafOf(atom.rest)]), whole])
      default:
        return whole
    }
  })
}

/** All that `stepMember` asks about a key. */
export interface KeyTests {
  readonly named: ReadonlySet<string>
  readonly conditions: readonly Formula[]
}

export function keyTests(obligations: Obligations, formulas: readonly Formula[]): KeyTests {
  const named = new Set<string>()
  const conditions = new Set<Formula>()
  for (const atom of atomsOf(formulas)) {
    if (atom.kind === 'has-key') named.add(atom.name)
    if (atom.kind === 'names') conditions.add(obligations.formulaOf(atom.node, 'string'))
    const nodes = atom.kind === 'members' ? [atom.node] : []
    if (atom.kind === 'unevaluated') nodes.push(...atom.by.map(({ node }) => node))
    for (const node of nodes) {
      const schema = node.value as SchemaObject
      if ('properties' in schema) for (const name of obligations.map(node, 'properties').keys()) named.add(name)
      if (!('patternProperties' in schema)) continue
      for (const pattern of obligations.map(node, 'patternProperties').keys()) {
        conditions.add(patternFormula(obligations.logic, pattern, node.pointer))
      }
    }
  }
  return { named, conditions: [...conditions] }
}

/** The schemas that the value under `key` must satisfy by `properties`, `patternProperties` and `additionalProperties`. */
function memberSchemas(obligations: Obligations, node: SchemaNode, key: string): SchemaNode[] {
  const schema = node.value as SchemaObject
  const found: SchemaNode[] = []
  const named = 'properties' in schema ? obligations.map(node, 'properties').get(key) : undefined
  if (named !== undefined) found.push(named)
  if ('patternProperties' in schema) {
    for (const [pattern, inner] of obligations.map(node, 'patternProperties')) {
      if (holdsForText(patternFormula(obligations.logic, pattern, node.pointer), key)) found.push(inner)
    }
  }
  if (found.length === 0 && 'additionalProperties' in schema)
    found.push(obligations.child(node, 'additionalProperties'))
  return found
}

function evaluatedAt(obligations: Obligations, atom: AtomOf<'unevaluated'>, key: string): Formula[] {
  return atom.by.filter(({ node }) => evaluatesMember(obligations, node, key, atom.by[0].node)).map(({ when }) => when)
}

/** `owner` is the schema whose unevaluated members are asked for: its own keyword comes last. */
function evaluatesMember(obligations: Obligations, node: SchemaNode, key: string, owner: SchemaNode): boolean {
  const schema = node.value as SchemaObject
  if ('unevaluatedProperties' in schema && node !== owner) return true
  return memberSchemas(obligations, node, key).length > 0
}
