/** From schemas to formulas: what a schema demands of a value once the value's type is known. */
import type { JsonValue } from '../../util/json.ts'
import { arrayKeywords } from './array-keywords.ts'
import { enumFormula } from './constants.ts'
import { hasKey } from './container-atoms.ts'
import { isObject, escapePointer } from './dialect.ts'
import { type Evaluation, FALSE, type Formula, type Logic, TRUE } from './formula.ts'
import { numberKeywords } from './number-keywords.ts'
import { objectKeywords } from './object-keywords.ts'
import { refuse, type SchemaDocument, type SchemaNode, type SchemaObject } from './schema-node.ts'
import { stringKeywords } from './string-keywords.ts'

/** `true` and `false` are types of their own: their first byte tells everything. */
export type ValueType = 'null' | 'true' | 'false' | 'number' | 'string' | 'array' | 'object'

/** `plain`: only such texts as stricter validators accept, too. */
export type Formats = 'exact' | 'plain' | 'ignored'

export interface Obligations {
  readonly logic: Logic
  readonly document: SchemaDocument
  readonly formats: Formats
  /** What a schema demands of a value of that type. */
  formulaOf(node: SchemaNode, type: ValueType): Formula
  /** "This child (or key) satisfies the schema." */
  leafOf(node: SchemaNode): Formula
  /** The parts of a schema that may evaluate members or items, each with its condition. */
  evaluationsOf(node: SchemaNode, type: 'array' | 'object'): Evaluation[]
  /** Subschemas of a keyword; `map` for those that hold one per name. */
  child(node: SchemaNode, keyword: string): SchemaNode
  list(node: SchemaNode, keyword: string): SchemaNode[]
  map(node: SchemaNode, keyword: string): ReadonlyMap<string, SchemaNode>
}

export function createObligations(document: SchemaDocument, logic: Logic, formats: Formats): Obligations {
  const formulas = new Map<SchemaNode, Map<ValueType, Formula | 'building'>>()
  const maps = new Map<SchemaNode, Map<string, ReadonlyMap<string, SchemaNode>>>()
  const obligations: Obligations = {
    logic,
    document,
    formats,
    formulaOf,
    leafOf,
    evaluationsOf,
    child,
    list,
    map,
  }

  function formulaOf(node: SchemaNode, type: ValueType): Formula {
    if (typeof node.value === 'boolean') return node.value ? TRUE : FALSE
    let byType = formulas.get(node)
    if (byType === undefined) formulas.set(node, (byType = new Map()))
    const known = byType.get(type)
    if (known === 'building') {
      refuse(
        node.pointer,
        'refers to itself without a value in between, which demands nothing definite. Break the circle.',
      )
    }
    if (known !== undefined) return known
    byType.set(type, 'building')
    const formula = build(node, node.value, type)
    byType.set(type, formula)
    return formula
  }

  function build(node: SchemaNode, schema: SchemaObject, type: ValueType): Formula {
    const { draft, refHidesSiblings } = node.resource.dialect
    if ('$ref' in schema && refHidesSiblings) return formulaOf(document.resolve(node, '$ref'), type)
    const parts: Formula[] = []
    if ('type' in schema) parts.push(typeFormula(obligations, schema['type'], type, draft))
    if (parts[0] === FALSE) return FALSE
    if ('$ref' in schema) parts.push(formulaOf(document.resolve(node, '$ref'), type))
    if ('$dynamicRef' in schema && draft === 2020) parts.push(formulaOf(document.resolve(node, '$dynamicRef'), type))
    if ('$recursiveRef' in schema && draft === 2019)
      parts.push(formulaOf(document.resolve(node, '$recursiveRef'), type))
    if (Array.isArray(schema['enum'])) parts.push(enumFormula(obligations, schema['enum'], type))
    if ('const' in schema && draft >= 6) parts.push(enumFormula(obligations, [schema['const']], type))
    if (type === 'string') parts.push(...stringKeywords(obligations, node, schema))
    else if (type === 'number') parts.push(...numberKeywords(logic, schema, draft))
    else if (type === 'array') parts.push(...arrayKeywords(obligations, node, schema))
    else if (type === 'object') parts.push(...objectKeywords(obligations, node, schema))
    parts.push(...applicators(node, schema, type))
    return logic.and(parts)
  }

  function applicators(node: SchemaNode, schema: SchemaObject, type: ValueType): Formula[] {
    const of = (inner: SchemaNode) => formulaOf(inner, type)
    const parts: Formula[] = []
    if ('allOf' in schema) parts.push(...list(node, 'allOf').map(of))
    if ('anyOf' in schema) parts.push(logic.or(list(node, 'anyOf').map(of)))
    if ('oneOf' in schema) parts.push(logic.one(list(node, 'oneOf').map(of)))
    if ('not' in schema) parts.push(logic.not(of(child(node, 'not'))))
    if ('if' in schema && node.resource.dialect.draft >= 7) {
      const condition = of(child(node, 'if'))
      if ('then' in schema) parts.push(logic.or([logic.not(condition), of(child(node, 'then'))]))
      if ('else' in schema) parts.push(logic.or([condition, of(child(node, 'else'))]))
    }
    return parts
  }

  function leafOf(node: SchemaNode): Formula {
    if (typeof node.value === 'boolean') return node.value ? TRUE : FALSE
    return logic.atom(`schema ${node.id}`, () => ({ kind: 'schema', node }))
  }

  function evaluationsOf(owner: SchemaNode, type: 'array' | 'object'): Evaluation[] {
    const found: Evaluation[] = []
    const collect = (node: SchemaNode, when: Formula): void => {
      if (!isObject(node.value) || when === FALSE) return
      const schema = node.value
      const hides = node.resource.dialect.refHidesSiblings && '$ref' in schema
      if (!hides) found.push({ node, when })
      for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef'] as const) {
        if (keyword in schema) collect(document.resolve(node, keyword), when)
      }
      if (hides) return
      for (const inner of 'allOf' in schema ? list(node, 'allOf') : []) collect(inner, when)
      for (const keyword of ['anyOf', 'oneOf']) {
        for (const inner of keyword in schema ? list(node, keyword) : []) {
          collect(inner, logic.and([when, formulaOf(inner, type)]))
        }
      }
      if ('if' in schema) {
        const condition = formulaOf(child(node, 'if'), type)
        collect(child(node, 'if'), logic.and([when, condition]))
        if ('then' in schema) collect(child(node, 'then'), logic.and([when, condition]))
        if ('else' in schema) collect(child(node, 'else'), logic.and([when, logic.not(condition)]))
      }
      for (const keyword of ['dependentSchemas', 'dependencies']) {
        if (type !== 'object' || !isObject(schema[keyword])) continue
        for (const [name, inner] of map(node, keyword)) {
          collect(inner, logic.and([when, hasKey(logic, name)]))
        }
      }
    }
    collect(owner, TRUE)
    return found
  }

  function child(node: SchemaNode, keyword: string): SchemaNode {
    return document.below(node, (node.value as SchemaObject)[keyword], `/${keyword}`)
  }

  function list(node: SchemaNode, keyword: string): SchemaNode[] {
    const values = (node.value as SchemaObject)[keyword] as readonly JsonValue[]
    return values.map((value, index) => document.below(node, value, `/${keyword}/${index}`))
  }

  function map(node: SchemaNode, keyword: string): ReadonlyMap<string, SchemaNode> {
    let byKeyword = maps.get(node)
    if (byKeyword === undefined) maps.set(node, (byKeyword = new Map()))
    let known = byKeyword.get(keyword)
    if (known === undefined) {
      const members = Object.entries((node.value as SchemaObject)[keyword] as SchemaObject)
      known = new Map(
        members
          .filter(([, value]) => !Array.isArray(value))
          .map(([name, value]) => [name, document.below(node, value, `/${keyword}/${escapePointer(name)}`)]),
      )
      byKeyword.set(keyword, known)
    }
    return known
  }

  return obligations
}

function typeFormula({ logic }: Obligations, keyword: JsonValue, type: ValueType, draft: number): Formula {
  const allowed = Array.isArray(keyword) ? keyword : [keyword]
  if (type === 'true' || type === 'false') return allowed.includes('boolean') ? TRUE : FALSE
  if (allowed.includes(type)) return TRUE
  if (type === 'number' && allowed.includes('integer')) return integer(logic, draft)
  return FALSE
}

function integer(logic: Logic, draft: number): Formula {
  const whole = logic.atom('number-multiple 1e0', () => ({
    kind: 'number-multiple',
    step: { negative: false, digits: 1n, exponent: 0 },
  }))
  if (draft > 4) return whole
  return logic.and([whole, logic.atom('number-plain', () => ({ kind: 'number-plain' }))])
}
