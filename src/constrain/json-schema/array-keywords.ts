/** Keywords of arrays as formulas, and what remains of them after an item. */
import { countAtLeast, rewriteAll, unevaluated } from './container-atoms.ts'
import { type Atom, type AtomOf, type Evaluation, FALSE, type Formula, TRUE } from './formula.ts'
import type { Obligations } from './obligations.ts'
import type { SchemaNode, SchemaObject } from './schema-node.ts'

export function arrayKeywords(obligations: Obligations, node: SchemaNode, schema: SchemaObject): Formula[] {
  const { logic, child } = obligations
  const { draft } = node.resource.dialect
  const { minItems, maxItems, uniqueItems } = schema
  const parts: Formula[] = []
  if (typeof minItems === 'number') parts.push(countAtLeast(logic, minItems))
  if (typeof maxItems === 'number') parts.push(logic.not(countAtLeast(logic, Math.floor(maxItems) + 1)))
  if (uniqueItems === true) parts.push(logic.atom('unique', () => ({ kind: 'unique' })))
  if ('items' in schema || ('prefixItems' in schema && draft === 2020)) parts.push(itemsAtom(obligations, node))
  if ('contains' in schema && draft >= 6) {
    const inner = child(node, 'contains')
    const { minContains, maxContains } = draft >= 2019 ? schema : {}
    parts.push(containsAtLeast(obligations, inner, typeof minContains === 'number' ? minContains : 1))
    if (typeof maxContains === 'number') {
      parts.push(logic.not(containsAtLeast(obligations, inner, Math.floor(maxContains) + 1)))
    }
  }
  if ('unevaluatedItems' in schema && draft >= 2019) {
    parts.push(unevaluated(logic, child(node, 'unevaluatedItems'), obligations.evaluationsOf(node, 'array')))
  }
  return parts
}

function itemsAtom({ logic }: Obligations, node: SchemaNode): Formula {
  return logic.atom(`items ${node.id}`, () => ({ kind: 'items', node }))
}

function containsAtLeast({ logic }: Obligations, node: SchemaNode, count: number): Formula {
  const missing = Math.ceil(count)
  if (missing <= 0) return TRUE
  return logic.atom(`contains ${node.id} ${missing}`, () => ({ kind: 'contains', node, missing }))
}

/** What remains once item `index` begins; the item's own part is in schema atoms. */
export function stepItem(obligations: Obligations, formula: Formula, index: number): Formula {
  const { logic, leafOf } = obligations
  return rewriteAll(logic, formula, (atom, whole) => {
    switch (atom.kind) {
      case 'count':
        return index + 1 >= atom.least ? TRUE : whole
      case 'items': {
        const inner = itemSchema(obligations, atom.node, index)
        return inner === undefined ? whole : logic.and([leafOf(inner), whole])
      }
      case 'contains': {
        const leaf = leafOf(atom.node)
        const found = containsAtLeast(obligations, atom.node, atom.missing - 1)
        return logic.or([logic.and([leaf, found]), logic.and([logic.not(leaf), whole])])
      }
      case 'unevaluated':
        return logic.and([logic.or([...evaluatedAt(obligations, atom, index), leafOf(atom.rest)]), whole])
      default:
        return whole
    }
  })
}

/** The schema for the item at `index` by `prefixItems` and `items` (or their older names), if any. */
function itemSchema({ child, list }: Obligations, node: SchemaNode, index: number): SchemaNode | undefined {
  const schema = node.value as SchemaObject
  const rest = restKeyword(node, schema)
  const prefix = prefixKeyword(node, schema)
  if (prefix !== undefined && index < (schema[prefix] as readonly unknown[]).length) return list(node, prefix)[index]
  return rest === undefined ? undefined : child(node, rest)
}

function prefixKeyword(node: SchemaNode, schema: SchemaObject): string | undefined {
  if (node.resource.dialect.draft === 2020) return 'prefixItems' in schema ? 'prefixItems' : undefined
  return Array.isArray(schema['items']) ? 'items' : undefined
}

function restKeyword(node: SchemaNode, schema: SchemaObject): string | undefined {
  if (node.resource.dialect.draft === 2020 || !Array.isArray(schema['items']))
    return 'items' in schema ? 'items' : undefined
  return 'additionalItems' in schema ? 'additionalItems' : undefined
}

function evaluatedAt(obligations: Obligations, atom: AtomOf<'unevaluated'>, index: number): Formula[] {
  return atom.by.map(({ node, when }) =>
    obligations.logic.and([when, evaluatesItem(obligations, node, index, atom.by[0].node)]),
  )
}

function evaluatesItem({ child, leafOf }: Obligations, node: SchemaNode, index: number, owner: SchemaNode): Formula {
  const schema = node.value as SchemaObject
  const prefix = prefixKeyword(node, schema)
  if (restKeyword(node, schema) !== undefined) return TRUE
  if (prefix !== undefined && index < (schema[prefix] as readonly unknown[]).length) return TRUE
  if ('unevaluatedItems' in schema && node !== owner) return TRUE
  if ('contains' in schema && node.resource.dialect.draft === 2020) return leafOf(child(node, 'contains'))
  return FALSE
}

/** From this index on all items are treated alike, as far as these atoms go. */
export function uniformFrom(atoms: readonly Atom[]): number {
  let from = 0
  const prefixLength = (node: SchemaNode): number => {
    const schema = node.value as SchemaObject
    const prefix = prefixKeyword(node, schema)
    return prefix === undefined ? 0 : (schema[prefix] as readonly unknown[]).length
  }
  for (const atom of atoms) {
    if (atom.kind === 'count') from = Math.max(from, atom.least)
    else if (atom.kind === 'items') from = Math.max(from, prefixLength(atom.node))
    else if (atom.kind === 'unevaluated') {
      from = Math.max(from, ...atom.by.map(({ node }: Evaluation) => prefixLength(node)))
    }
  }
  return from
}
