/**
 * POST /api/pull (Ollama) for models that are here already, which clients ask for before they begin. Whoever may send requests may not
 * change what is on the machine: a model comes and goes by commands, and the other endpoints that manage models say by which.
 */
import { z } from 'zod'
import { ApiError } from '../api-error.ts'
import { defineEndpoint, type Endpoint } from '../endpoint.ts'
import { modelField } from '../openai/fields.ts'
import { accepted } from '../request-body.ts'

const state = z.strictObject({ status: z.string() })

export const ollamaPull = defineEndpoint({
  method: 'post',
  path: '/api/pull',
  summary: "Whether a model is here, as Ollama's pull tells it",
  family: 'ollama',
  body: z.strictObject({
    model: modelField,
    name: modelField,
    insecure: accepted(z.literal(false, 'not supported: what comes is always verified')),
    stream: z.boolean().nullish(),
  }),
  answer: { json: state, events: state, mediaType: 'application/x-ndjson' },
  handle: async (context, { model, name, stream }) => {
    const wanted = model ?? name
    const entries = await context.server.models.list()
    if (!entries.some(({ id, aliases }) => id === wanted || (wanted && aliases.includes(wanted)))) {
      throw notHere(
        `this server downloads nothing; run "ostro pull ${wanted?.slice(0, 200) ?? 'NAME'}" on its machine`,
        'model',
      )
    }
    if (stream === false) return Response.json({ status: 'success' })
    return context.stream(success(), 'ndjson')
  },
})

async function* success() {
  yield { data: { status: 'success' } }
}

const commands = [
  ['delete', '/api/delete', 'run "ostro rm NAME" on its machine'],
  ['post', '/api/copy', 'models have the names that they come with'],
  ['post', '/api/create', 'a system text and sampling options come with each request'],
  ['post', '/api/push', 'models are not published from here'],
] as const

export const ollamaRefusals: readonly Endpoint[] = commands.map(([method, path, advice]) =>
  defineEndpoint({
    method,
    path,
    summary: 'Refused: requests do not change which models there are',
    family: 'ollama',
    body: undefined,
    answer: {},
    handle: () => Promise.reject(notHere(advice)),
  }),
)

function notHere(advice: string, param?: string): ApiError {
  const message = `Not supported: requests do not change which models there are: ${advice}.`
  return new ApiError(400, message, { code: 'unsupported_endpoint', ...(param ? { param } : {}) })
}
