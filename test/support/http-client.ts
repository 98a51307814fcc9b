/** Requests to an app without a network; every answer is held to the app's own OpenAPI document by an independent validator. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { OpenApiDocument } from '../../src/server/openapi.ts'

export interface TestApp {
  readonly request: (path: string, init?: RequestInit) => Response | Promise<Response>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** The body as it came. */
  readonly text: string
  /** The body as JSON; undefined for a stream. */
  readonly json: unknown
  /** Data of the events of a stream, without `[DONE]`. */
  readonly events: readonly unknown[]
  /** Whether a stream ended with `[DONE]`. */
  readonly done: boolean
}

export interface HttpClient {
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Reply>
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Reply>
}

/** @throws Error naming path and place where an answer is not what the document says */
export function httpClient(app: TestApp): HttpClient {
  let validate: Promise<Validate> | undefined
  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    validate ??= openApiValidator(app)
    const response = await app.request(path, init)
    const reply = await readReply(response)
    ;(await validate)(init.method ?? 'GET', path, response, reply)
    return reply
  }
  return {
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, body, init) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return send(path, { method: 'POST', body: text, ...init })
    },
  }
}

export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  const data = type.startsWith('text/event-stream')
    ? text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
    : type.startsWith('application/x-ndjson')
      ? text.split('\n').filter((line) => line !== '')
      : []
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: type.startsWith('application/json') ? JSON.parse(text) : undefined,
    events: data.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as unknown),
    done: data.at(-1) === '[DONE]',
  }
}

export type Validate = (method: string, path: string, response: Response, reply: Reply) => void

interface Operation {
  readonly responses: Record<'200' | 'default', { readonly content: Record<string, MediaType> }>
}
interface MediaType {
  readonly schema: object
  readonly 'x-event-data'?: object
}

export async function openApiValidator(app: TestApp): Promise<Validate> {
  const response = await app.request('/openapi.json')
  const text = await response.text()
  const known = validators.get(text) ?? documentValidator(JSON.parse(text) as OpenApiDocument)
  validators.set(text, known)
  return known
}

/** Compiling the schemas takes longer than most tests; all apps have the same. */
const validators = new Map<string, Validate>()

function documentValidator(document: OpenApiDocument): Validate {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema({ ...document, $id: 'https://openapi.test/' })
  const compiled = new Map<object, ValidateFunction>()
  const check = (schema: object, value: unknown, where: string): void => {
    const known = compiled.get(schema) ?? ajv.compile(absolute(schema))
    compiled.set(schema, known)
    if (known(value)) return
    throw new Error(`${where}: ${ajv.errorsText(known.errors)} in ${JSON.stringify(value).slice(0, 500)}`)
  }
  return (method, path, { status, headers }, reply) => {
    const found = Object.entries(document.paths).find(([template]) => matches(template, path))
    const operation = found?.[1][method.toLowerCase()] as Operation | undefined
    if (operation === undefined) return
    const where = `${method} ${path} ${status}`
    const type = (headers.get('content-type') ?? '').split(';')[0]
    const media = operation.responses[status === 200 ? '200' : 'default'].content[type]
    if (media === undefined) {
      throw new Error(`${where}: the document knows no answer of type ${type}`)
    }
    if (reply.json !== undefined) check(media.schema, reply.json, where)
    const failed = operation.responses.default.content['application/json'].schema
    for (const event of reply.events) {
      const schema = isFailure(event) ? failed : media['x-event-data']
      if (schema === undefined) throw new Error(`${where}: the document knows no events of type ${type}`)
      check(schema, event, where)
    }
  }
}

/** References within the document, from outside of it. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://openapi.test/#/')) as object
}

function matches(template: string, path: string): boolean {
  const pattern = template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '.+')
  return new RegExp(`^${pattern}$`).test(path.split('?')[0])
}

/** An error inside a stream, in OpenAI's shape. */
function isFailure(event: unknown): boolean {
  return typeof event === 'object' && event !== null && Object.keys(event).join() === 'error'
}
