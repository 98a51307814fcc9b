/** The OpenAPI 3.1 document, made of the route table and the schemas that requests are checked with: it cannot differ from them. */
import type { ZodType } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { wireSchema } from './json-schema.ts'

type JsonObject = Record<string, unknown>

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: JsonObject
  readonly paths: Record<string, JsonObject>
  readonly components: { readonly schemas: Record<string, unknown>; readonly securitySchemes: JsonObject }
  readonly security: readonly JsonObject[]
}

export function openApiDocument(endpoints: readonly Endpoint[], version: string): OpenApiDocument {
  const schemas: Record<string, unknown> = {}
  const paths: Record<string, JsonObject> = {}
  for (const endpoint of endpoints) {
    const path = pathTemplate(endpoint.path)
    paths[path] = { ...paths[path], [endpoint.method]: operation(endpoint, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ostro',
      version,
      description:
        'Open language models on this machine. A field that is not listed here is refused by name, and so is one whose type is null only.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'Where the server needs a key' } },
    },
    security: [{ key: [] }, {}],
  }
}

function operation(endpoint: Endpoint, schemas: Record<string, unknown>): JsonObject {
  const { body, summary, open, path } = endpoint
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const name = operationName(endpoint)
  return {
    operationId: name,
    summary,
    ...(open ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: component(body, `${name}Request`, 'input', schemas) } },
          },
        }),
    responses: {
      200: { description: summary, content: answerContent(endpoint, name, schemas) },
      default: { description: 'What went wrong', content: { 'application/json': { schema: errorSchema(endpoint) } } },
    },
  }
}

function answerContent({ answer }: Endpoint, name: string, schemas: Record<string, unknown>): JsonObject {
  const { json, events, mediaType } = answer
  const stream = mediaType ?? 'text/event-stream'
  return {
    ...(json === undefined
      ? {}
      : { 'application/json': { schema: component(json, `${name}Answer`, 'output', schemas) } }),
    ...(events === undefined
      ? {}
      : {
          [stream]: {
            schema: { type: 'string' },
            'x-event-data': component(events, `${name}Event`, 'output', schemas),
          },
        }),
    ...(json === undefined && events === undefined && mediaType !== undefined
      ? { [mediaType]: { schema: { type: 'string' } } }
      : {}),
  }
}

/** Puts a schema and those within it that have a name of their own among the components, and refers to it. */
function component(
  schema: ZodType,
  fallbackName: string,
  io: 'input' | 'output',
  schemas: Record<string, unknown>,
): JsonObject {
  const { $defs = {}, ...converted } = wireSchema(schema, io) as JsonObject & { $defs?: JsonObject }
  // Recursive parts without a name are numbered anew in every schema.
  const located = (text: string): string =>
    text
      .replaceAll('"#/$defs/__schema', `"#/components/schemas/${fallbackName}Part`)
      .replaceAll('"#/$defs/', '"#/components/schemas/')
  const moved = (value: unknown): JsonObject => JSON.parse(located(JSON.stringify(value))) as JsonObject
  for (const [name, definition] of Object.entries($defs)) {
    schemas[name.replace(/^__schema/, `${fallbackName}Part`)] = moved(definition)
  }
  const own = moved(converted)
  if (typeof own['$ref'] === 'string') return own
  schemas[fallbackName] = own
  return { $ref: `#/components/schemas/${fallbackName}` }
}

function errorSchema({ family }: Endpoint): JsonObject {
  const text = { type: 'string' }
  const object = (properties: JsonObject): JsonObject => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  })
  switch (family) {
    case 'openai':
      return object({
        error: object({ message: text, type: text, param: { type: ['string', 'null'] }, code: text }),
      })
    case 'anthropic':
      return object({
        type: { const: 'error' },
        error: object({ type: text, message: text, details: object({ error_code: text }) }),
      })
    case 'ollama':
      return object({ error: text })
    default:
      return family satisfies never
  }
}

/** `/v1/models/:id{.+}` as OpenAPI writes it. */
function pathTemplate(path: string): string {
  return path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
}

/** `postV1ChatCompletions` */
function operationName({ method, path }: Endpoint): string {
  const words = pathTemplate(path).match(/\w+/g) ?? []
  return method + words.map((word) => word[0].toUpperCase() + word.slice(1)).join('')
}
