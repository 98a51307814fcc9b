/** The least value that a JSON Schema of our own takes: what must be there, as short as it may be. */

type Schema = Readonly<Record<string, unknown>>

/** @throws Error for a schema of a kind that none of ours is */
export function sampleOf(schema: Schema | object, components: Readonly<Record<string, unknown>> = {}): unknown {
  const known = schema as Schema
  const reference = known['$ref']
  if (typeof reference === 'string')
    return sampleOf(components[reference.split('/').at(-1) ?? ''] as Schema, components)
  const [first] = (known['anyOf'] ?? known['oneOf'] ?? known['allOf'] ?? known['enum'] ?? []) as unknown[]
  if (known['enum'] !== undefined) return first
  if (first !== undefined) return sampleOf(first as Schema, components)
  if ('const' in known) return known['const']
  switch (known['type']) {
    case 'object': {
      const properties = (known['properties'] ?? {}) as Record<string, Schema>
      const required = (known['required'] ?? []) as string[]
      return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {}, components)]))
    }
    case 'array':
      return Array.from({ length: Number(known['minItems'] ?? 1) }, () =>
        sampleOf(known['items'] as Schema, components),
      )
    case 'string':
      return 'hi'.padEnd(Number(known['minLength'] ?? 0), '.')
    case 'integer':
    case 'number':
      return Math.max(Number(known['minimum'] ?? 0), 0)
    case 'boolean':
      return false
    case 'null':
      return null
    case undefined:
      return {}
    default:
      throw new Error(`no sample of ${JSON.stringify(schema)}`)
  }
}
