/** A `fetch` that holds every answer of the server to its own OpenAPI document, whichever client it is given to. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

export interface CheckedFetch {
  readonly fetch: typeof fetch
  /** What did not fit so far; empties the list. Waits for bodies that are still being read. */
  readonly problems: () => Promise<string[]>
  /** Answers checked so far. */
  readonly checked: () => number
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, MediaType>> }>>
}

interface MediaType {
  readonly schema: object
  /** Of the data of each event in a stream. */
  readonly 'x-event-data'?: object
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export async function createCheckedFetch(baseUrl: string): Promise<CheckedFetch> {
  const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as Document
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'openapi')
  const validators = new Map<string, ValidateFunction>()
  const problems: string[] = []
  const reading = new Set<Promise<void>>()
  let checked = 0

  const validatorOf = (schema: object): ValidateFunction => {
    const located = JSON.stringify(schema).replaceAll('"#/', '"openapi#/')
    const known = validators.get(located)
    if (known) return known
    const made = ajv.compile(JSON.parse(located) as object)
    validators.set(located, made)
    return made
  }
  const check = (where: string, schema: object | undefined, value: unknown): void => {
    if (schema === undefined) {
      problems.push(`${where}: the document describes no such answer: ${JSON.stringify(value)?.slice(0, 300)}`)
      return
    }
    const validate = validatorOf(schema)
    if (validate(value)) return
    problems.push(`${where}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)?.slice(0, 500)}`)
  }

  const examine = async (where: string, operation: Operation | undefined, response: Response): Promise<void> => {
    const mediaType = (response.headers.get('content-type') ?? '').split(';')[0]
    const text = await response.text()
    const content = operation?.responses[response.ok ? '200' : 'default']?.content
    const error = operation?.responses['default']?.content?.['application/json']?.schema
    if (mediaType === 'application/json') {
      check(where, content?.['application/json']?.schema, JSON.parse(text))
      return
    }
    const data = content?.[mediaType]?.['x-event-data']
    for (const value of mediaType === 'application/x-ndjson' ? linesOf(text) : eventsOf(text)) {
      // An error in a stream has the shape of the family's errors, or is an event of its own.
      const isError = typeof value === 'object' && value !== null && 'error' in value && !('type' in value)
      check(where, isError ? error : data, value)
    }
  }

  return {
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      const { pathname } = new URL(input instanceof Request ? input.url : String(input))
      const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toLowerCase()
      const path = Object.keys(document.paths).find((template) => matches(template, pathname))
      const operation = path === undefined ? undefined : document.paths[path][method]
      if (operation === undefined && response.status !== 404)
        problems.push(`${method} ${pathname} is not in the document`)
      checked++
      if (operation === undefined || response.body === null) return response
      // Not `clone`: a client that leaves must end the connection.
      const [forClient, forCheck] = passThrough(response)
      const read = examine(`${method} ${pathname} ${response.status}`, operation, forCheck).catch(() => {
        // The client left; there is no whole answer to look at.
      })
      reading.add(read)
      void read.finally(() => reading.delete(read))
      return forClient
    },
    problems: async () => {
      await Promise.all(reading)
      return problems.splice(0)
    },
    checked: () => checked,
  }
}

/** The response for the client, and a copy that fills as the client reads and fails where it leaves. */
function passThrough(response: Response): [Response, Response] {
  const { status, statusText, headers } = response
  let copy: ReadableStreamDefaultController<Uint8Array>
  const copied = new ReadableStream<Uint8Array>({
    start: (controller) => {
      copy = controller
    },
  })
  const reader = response.body!.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          controller.close()
          copy.close()
        } else {
          controller.enqueue(value)
          copy.enqueue(value)
        }
      } catch (error) {
        copy.error(error)
        controller.error(error)
      }
    },
    async cancel(reason) {
      copy.error(new Error('the client left'))
      await reader.cancel(reason)
    },
  })
  const forClient = new Response(body, { status, statusText, headers })
  // Clients look at the address.
  Object.defineProperty(forClient, 'url', { value: response.url })
  return [forClient, new Response(copied, { status, headers })]
}

function matches(template: string, pathname: string): boolean {
  const pattern = template.replace(/\{[^}]+\}/g, '.+')
  return new RegExp(`^${pattern}$`).test(pathname)
}

function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

function eventsOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(6)) as unknown)
}
