/** A schema document: where its parts are, what their references mean, and in which dialect they speak. */
import { OstroError } from '../../util/error.ts'
import type { JsonValue } from '../../util/json.ts'
import { type Dialect, dialectOf, draft2020, escapePointer, isObject, subschemasOf } from './dialect.ts'

export type SchemaObject = Readonly<Record<string, JsonValue>>

/** A document, or a part of one that has an identifier of its own. */
export interface Resource {
  readonly uri: string
  readonly root: JsonValue
  /** JSON pointer of `root` in the whole schema. */
  readonly pointer: string
  readonly dialect: Dialect
  readonly anchors: Map<string, Located>
  readonly dynamicAnchors: Map<string, Located>
}

interface Located {
  readonly value: JsonValue
  readonly resource: Resource
  readonly pointer: string
}

/** The resources entered on the way to a schema, innermost first; only kept where a dynamic reference could ask. */
export interface Scope {
  readonly resource: Resource
  readonly outer: Scope | undefined
  readonly inner: Map<Resource, Scope>
}

/** A schema in its context. The same schema in the same context is the same object. */
export interface SchemaNode {
  readonly id: number
  readonly value: boolean | SchemaObject
  readonly resource: Resource
  readonly scope: Scope
  /** JSON pointer in the whole schema, for messages. */
  readonly pointer: string
}

type Reference = '$ref' | '$dynamicRef' | '$recursiveRef'

export interface SchemaDocument {
  readonly root: SchemaNode
  /** The subschema at `path` (names and indices) below a schema. */
  below(node: SchemaNode, value: JsonValue, path: string): SchemaNode
  /** What `$ref`, `$dynamicRef` or `$recursiveRef` in `node` means. */
  resolve(node: SchemaNode, keyword: Reference): SchemaNode
  /** A schema that stands nowhere in the document. */
  synthetic(value: SchemaObject): SchemaNode
}

/** Schemas are refused with the JSON pointer of the place that is to blame. */
export function refuse(pointer: string, message: string, reason = 'keyword'): never {
  throw new OstroError('unsupported', `JSON schema, at ${pointer === '' ? 'its root' : pointer}: ${message}`, {
    pointer,
    reason,
  })
}

const defaultUri = 'schema:///root'

/**
 * Reads a schema's identifiers. `known` gives documents by address that references may reach, such as the metaschemas.
 * @throws OstroError `unsupported` for an unknown `$schema`.
 */
export function openDocument(schema: JsonValue, known: (uri: string) => JsonValue | undefined): SchemaDocument {
  const resources = new Map<string, Resource>()
  const resourceOf = new Map<JsonValue, Resource>()
  const nodes = new Map<JsonValue, Map<Scope, SchemaNode>>()
  const resolved = new Map<Reference, Map<SchemaNode, SchemaNode>>()
  let dynamic = false
  let nextId = 0

  const rootResource = addDocument(schema, defaultUri, '')
  const rootScope: Scope = { resource: rootResource, outer: undefined, inner: new Map() }
  const root = nodeOf({ value: schema, resource: rootResource, pointer: '' }, rootScope)

  function addDocument(value: JsonValue, uri: string, pointer: string): Resource {
    const resource = createResource(value, uri, pointer, draft2020)
    resources.set(uri, resource)
    index(value, resource, pointer)
    return resource
  }

  function createResource(value: JsonValue, base: string, pointer: string, inherited: Dialect): Resource {
    const named = isObject(value) ? value['$schema'] : undefined
    const dialect = named === undefined ? inherited : dialectOf(named)
    if (dialect === undefined) {
      refuse(
        `${pointer}/$schema`,
        `expected draft 2020-12, 2019-09, 07, 06 or 04, got ${JSON.stringify(named)}. Name one of these, or leave $schema out.`,
      )
    }
    const id = isObject(value) ? value[dialect.idKeyword] : undefined
    const hidden = isObject(value) && dialect.refHidesSiblings && '$ref' in value
    const uri = (typeof id === 'string' && !hidden ? absolute(id, base) : undefined) ?? base
    return { uri, root: value, pointer, dialect, anchors: new Map(), dynamicAnchors: new Map() }
  }

  function index(value: JsonValue, outer: Resource, pointer: string): void {
    if (!isObject(value)) return
    let resource = outer
    const id = value[outer.dialect.idKeyword] ?? (value['$schema'] === undefined ? undefined : value['$id'])
    const hidden = outer.dialect.refHidesSiblings && '$ref' in value
    if (outer.root === value) register(outer, value)
    else if (typeof id === 'string' && !hidden) {
      if (id.startsWith('#') && outer.dialect.draft <= 7) outer.anchors.set(id.slice(1), { value, resource, pointer })
      else {
        resource = createResource(value, outer.uri, pointer, outer.dialect)
        register(resource, value)
      }
    }
    anchorsIn(value, resource, pointer)
    for (const { value: inner, path } of subschemasOf(value, resource.dialect)) index(inner, resource, pointer + path)
  }

  function register(resource: Resource, value: JsonValue): void {
    if (!resources.has(resource.uri)) resources.set(resource.uri, resource)
    resourceOf.set(value, resource)
  }

  function anchorsIn(value: SchemaObject, resource: Resource, pointer: string): void {
    dynamic ||= '$dynamicRef' in value || '$recursiveRef' in value
    if (resource.dialect.draft < 2019) return
    const { $anchor, $dynamicAnchor } = value
    if (typeof $anchor === 'string') resource.anchors.set($anchor, { value, resource, pointer })
    if (typeof $dynamicAnchor === 'string') {
      resource.anchors.set($dynamicAnchor, { value, resource, pointer })
      resource.dynamicAnchors.set($dynamicAnchor, { value, resource, pointer })
    }
  }

  function nodeOf({ value, resource, pointer }: Located, from: Scope): SchemaNode {
    if (typeof value !== 'boolean' && !isObject(value)) {
      refuse(pointer, `expected a schema (an object or a boolean), got ${JSON.stringify(value)}.`)
    }
    const scope = enter(from, resource)
    let byScope = nodes.get(value)
    if (byScope === undefined) nodes.set(value, (byScope = new Map()))
    let node = byScope.get(scope)
    if (node === undefined) byScope.set(scope, (node = { id: nextId++, value, resource, scope, pointer }))
    return node
  }

  /** Where a reference is dynamic only the outermost entry of a resource counts, so that recursion has finitely many contexts. */
  function enter(scope: Scope, resource: Resource): Scope {
    if (!dynamic) return rootScope
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.resource === resource) return scope
    }
    let inner = scope.inner.get(resource)
    if (inner === undefined) scope.inner.set(resource, (inner = { resource, outer: scope, inner: new Map() }))
    return inner
  }

  function below(node: SchemaNode, value: JsonValue, path: string): SchemaNode {
    const resource = resourceOf.get(value) ?? node.resource
    return nodeOf({ value, resource, pointer: node.pointer + path }, node.scope)
  }

  function resolve(node: SchemaNode, keyword: Reference): SchemaNode {
    let byNode = resolved.get(keyword)
    if (byNode === undefined) resolved.set(keyword, (byNode = new Map()))
    let target = byNode.get(node)
    if (target === undefined) byNode.set(node, (target = find(node, keyword)))
    return target
  }

  function find(node: SchemaNode, keyword: Reference): SchemaNode {
    const reference = (node.value as SchemaObject)[keyword]
    const pointer = `${node.pointer}/${keyword}`
    if (typeof reference !== 'string') refuse(pointer, `expected a string, got ${JSON.stringify(reference)}.`)
    const [address, fragment = ''] = splitReference(reference, node.resource.uri)
    const resource = resources.get(address) ?? loadKnown(address)
    if (resource === undefined) {
      refuse(pointer, `${reference} is in no known document. Copy what it names into $defs and refer to that.`)
    }
    const name = decodeFragment(fragment)
    const target = name === '' || name.startsWith('/') ? atPointer(resource, name) : resource.anchors.get(name)
    if (target === undefined) refuse(pointer, `${reference} leads nowhere. Check its spelling.`)
    if (keyword === '$dynamicRef' && target.resource.dynamicAnchors.get(name)?.value === target.value) {
      const outermost = outermostWith(enter(node.scope, target.resource), (at) => at.dynamicAnchors.get(name))
      return nodeOf(outermost ?? target, node.scope)
    }
    if (keyword === '$recursiveRef' && isObject(target.value) && target.value['$recursiveAnchor'] === true) {
      const outermost = outermostWith(enter(node.scope, target.resource), (at) =>
        isObject(at.root) && at.root['$recursiveAnchor'] === true
          ? { value: at.root, resource: at, pointer: at.pointer }
          : undefined,
      )
      return nodeOf(outermost ?? target, node.scope)
    }
    return nodeOf(target, node.scope)
  }

  function loadKnown(address: string): Resource | undefined {
    const value = known(address)
    if (value === undefined) return undefined
    return addDocument(value, address, `(${address})`)
  }

  function outermostWith(scope: Scope, find: (resource: Resource) => Located | undefined): Located | undefined {
    let found: Located | undefined
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) found = find(at.resource) ?? found
    return found
  }

  function atPointer(from: Resource, name: string): Located | undefined {
    let value: JsonValue = from.root
    let resource = from
    let pointer = from.pointer
    for (const step of name.split('/').slice(1)) {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      if (Array.isArray(value) && /^(0|[1-9]\d*)$/.test(key)) value = value[Number(key)] as JsonValue
      else if (isObject(value) && Object.hasOwn(value, key)) value = value[key]
      else return undefined
      if (value === undefined) return undefined
      resource = resourceOf.get(value) ?? resource
      pointer += `/${escapePointer(key)}`
    }
    return { value, resource, pointer }
  }

  function synthetic(value: SchemaObject): SchemaNode {
    return nodeOf({ value, resource: syntheticResource, pointer: '(const)' }, rootScope)
  }

  return { root, below, resolve, synthetic }
}

const syntheticResource: Resource = {
  uri: 'schema:///const',
  root: true,
  pointer: '(const)',
  dialect: draft2020,
  anchors: new Map(),
  dynamicAnchors: new Map(),
}

/** Address and fragment of what a reference names. */
function splitReference(reference: string, base: string): string[] {
  // Most references stay within their document, and parsing addresses is slow.
  if (reference.startsWith('#')) return [base, reference.slice(1)]
  return (absolute(reference, base) ?? reference).split('#', 2)
}

function absolute(reference: string, base: string): string | undefined {
  return URL.parse(reference, base)?.href.replace(/#$/, '')
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    // Not percent-encoded after all: taken as written.
    return fragment
  }
}
