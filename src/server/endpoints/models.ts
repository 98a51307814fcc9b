/** GET /v1/models and /v1/models/NAME: the models on this machine. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { unknownModel } from '../model-pool.ts'
import type { ModelEntry } from '../served-model.ts'

const modelObject = z
  .strictObject({
    id: z.string(),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.string(),
    /** Ostro's own fields. */
    aliases: z.array(z.string()),
    size_bytes: z.int(),
    licence: z.string().nullable(),
    kind: z
      .enum(['chat', 'base', 'encoder', 'translator'])
      .nullable()
      .describe('chat has a chat template, encoder makes vectors or ranks; null where only loading it tells'),
    context_length: z.int().nullable().describe('In tokens; null while it is not loaded'),
    loaded: z.boolean(),
    default: z.boolean(),
  })
  .meta({ id: 'Model' })

export const listModels = defineEndpoint({
  method: 'get',
  path: '/v1/models',
  summary: 'The models on this machine',
  family: 'openai',
  body: undefined,
  answer: { json: z.strictObject({ object: z.literal('list'), data: z.array(modelObject) }) },
  handle: async ({ server }) => {
    const entries = await server.models.list()
    return Response.json({ object: 'list', data: entries.map(asObject) })
  },
})

export const showModel = defineEndpoint({
  method: 'get',
  // Names may hold slashes: hf:owner/repository/file.gguf.
  path: '/v1/models/:id{.+}',
  summary: 'One model',
  family: 'openai',
  body: undefined,
  answer: { json: modelObject },
  handle: async ({ server, params }) => {
    const id = params['id']
    const entries = await server.models.list()
    const entry = entries.find((candidate) => candidate.id === id || candidate.aliases.includes(id))
    if (entry !== undefined) return Response.json(asObject(entry))
    throw unknownModel(
      id,
      entries.map((candidate) => candidate.id),
    )
  },
})

function asObject(entry: ModelEntry): z.infer<typeof modelObject> {
  return {
    id: entry.id,
    object: 'model',
    created: entry.created,
    owned_by: 'ostro',
    aliases: [...entry.aliases],
    size_bytes: entry.sizeBytes,
    licence: entry.licence ?? null,
    kind: entry.kind ?? null,
    context_length: entry.contextTokens ?? null,
    loaded: entry.loaded,
    default: entry.isDefault,
  }
}
