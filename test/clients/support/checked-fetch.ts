/** A `fetch` that holds every answer of the server to its own OpenAPI document, whichever client it is given to. */
import { openApiValidator, readReply } from '../../support/http-client.ts'

export interface CheckedFetch {
  readonly fetch: typeof fetch
  /** What did not fit so far; empties the list. Waits for bodies that are still being read. */
  readonly problems: () => Promise<string[]>
  /** Answers checked so far. */
  readonly checked: () => number
}

export async function createCheckedFetch(baseUrl: string): Promise<CheckedFetch> {
  const validate = await openApiValidator({ request: (path) => fetch(`${baseUrl}${path}`) })
  const problems: string[] = []
  const reading = new Set<Promise<void>>()
  let checked = 0

  const examine = async (method: string, path: string, response: Response): Promise<void> => {
    const reply = await readReply(response).catch(() => undefined)
    // The client left; there is no whole answer to look at.
    if (reply === undefined) return
    checked++
    try {
      validate(method, path, response, reply)
    } catch (error) {
      problems.push((error as Error).message)
    }
  }

  return {
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (response.body === null) return response
      const { pathname } = new URL(input instanceof Request ? input.url : String(input))
      const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
      const [forClient, forCheck] = passThrough(response)
      const read = examine(method, pathname, forCheck)
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

/**
 * The response for the client, and a copy that fills as the client reads and fails where it leaves. Not `clone`: a client that
 * leaves must end the connection.
 */
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
