/** GET /api/tags, /api/ps and /api/version, POST /api/show (Ollama): which models there are and what they are. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { modelField } from '../openai/fields.ts'
import { accepted, refused } from '../request-body.ts'
import type { ModelEntry, ServedModelInfo } from '../served-model.ts'

/** Clients compare it to learn what they may send: the version of Ollama whose interface this is. */
const interfaceVersion = '0.12.11'

/** Of a model that nothing unloads. */
const noExpiry = '9999-12-31T23:59:59Z'

const details = z.strictObject({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
})

const listed = {
  name: z.string(),
  model: z.string(),
  size: z.int(),
  digest: z.string(),
  details,
}

export const ollamaTags = defineEndpoint({
  method: 'get',
  path: '/api/tags',
  summary: "The models on this machine (Ollama's)",
  family: 'ollama',
  body: undefined,
  answer: { json: z.strictObject({ models: z.array(z.strictObject({ ...listed, modified_at: z.string() })) }) },
  handle: async ({ server }) => {
    const entries = await server.models.list()
    return Response.json({ models: entries.map((entry) => ({ ...listedOf(entry), modified_at: dateOf(entry) })) })
  },
})

export const ollamaPs = defineEndpoint({
  method: 'get',
  path: '/api/ps',
  summary: "The models in memory (Ollama's)",
  family: 'ollama',
  body: undefined,
  answer: {
    json: z.strictObject({
      models: z.array(z.strictObject({ ...listed, expires_at: z.string(), size_vram: z.literal(0) })),
    }),
  },
  handle: async ({ server }) => {
    const loaded = (await server.models.list()).filter((entry) => entry.loaded)
    return Response.json({
      models: loaded.map((entry) => ({
        ...listedOf(entry),
        expires_at: entry.expiresAtMs === undefined ? noExpiry : new Date(entry.expiresAtMs).toISOString(),
        size_vram: 0,
      })),
    })
  },
})

export const ollamaVersion = defineEndpoint({
  method: 'get',
  path: '/api/version',
  summary: "The version of Ollama's interface",
  family: 'ollama',
  body: undefined,
  answer: { json: z.strictObject({ version: z.string() }) },
  handle: async () => Response.json({ version: interfaceVersion }),
})

export const ollamaShow = defineEndpoint({
  method: 'post',
  path: '/api/show',
  summary: "What a model is (Ollama's)",
  family: 'ollama',
  body: z.strictObject({
    model: modelField,
    name: modelField,
    verbose: accepted(z.boolean()),
    system: refused('a model is shown as it is'),
    template: refused('a model is shown as it is'),
    options: refused('a model is shown as it is'),
  }),
  answer: {
    json: z.strictObject({
      license: z.string(),
      modelfile: z.string(),
      parameters: z.string(),
      template: z.string(),
      details,
      model_info: z.record(z.string(), z.union([z.string(), z.number()])),
      capabilities: z.array(z.string()),
      modified_at: z.string(),
    }),
  },
  handle: async (context, body) => {
    const { id, model } = await context.useModel(body.model ?? body.name ?? undefined)
    const entry = (await context.server.models.list()).find((candidate) => candidate.id === id)
    return Response.json({
      license: entry?.licence ?? '',
      modelfile: `FROM ${id}`,
      parameters: '',
      template: '',
      details: detailsOf(model.info, entry?.format),
      model_info: modelInfo(model.info),
      capabilities: capabilitiesOf(model.info),
      modified_at: entry ? dateOf(entry) : new Date().toISOString(),
    })
  },
})

/** What a list says of a model that may never have been loaded; files are not opened for it. */
function listedOf({ id, sizeBytes, sha256 = '', info, format }: ModelEntry) {
  return { name: id, model: id, size: sizeBytes, digest: sha256, details: detailsOf(info, format) }
}

function detailsOf(info: ServedModelInfo | undefined, format: ModelEntry['format']): z.infer<typeof details> {
  return {
    parent_model: '',
    format: format ?? 'gguf',
    family: info?.architecture ?? '',
    families: info ? [info.architecture] : [],
    parameter_size: info ? parameterSize(info.parameters) : '',
    quantization_level: info ? mainType(info) : '',
  }
}

function modelInfo(info: ServedModelInfo): Record<string, string | number> {
  return {
    'general.architecture': info.architecture,
    'general.name': info.name,
    'general.parameter_count': info.parameters,
    [`${info.architecture}.context_length`]: info.trainedContextTokens,
    [`${info.architecture}.embedding_length`]: info.width,
    [`${info.architecture}.vocab_size`]: info.vocabularySize,
  }
}

/** Tools work on every model here that generates. */
function capabilitiesOf({ kind, infill }: ServedModelInfo): string[] {
  switch (kind) {
    case 'encoder':
      return ['embedding']
    case 'translator':
      return ['completion']
    case 'chat':
    case 'base':
      return ['completion', 'tools', 'embedding', ...(infill ? ['insert'] : [])]
    default:
      return kind satisfies never
  }
}

/** The type that most of the weights have: Q4_K. */
function mainType({ tensors }: ServedModelInfo): string {
  const bytes = new Map<string, number>()
  for (const { type, sizeBytes } of tensors) bytes.set(type, (bytes.get(type) ?? 0) + sizeBytes)
  const [main] = [...bytes].toSorted(([, a], [, b]) => b - a)
  return main?.[0].toUpperCase() ?? ''
}

/** 134515008 as 134.5M. */
function parameterSize(parameters: number): string {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(1)}B`
  return parameters >= 1e6 ? `${(parameters / 1e6).toFixed(1)}M` : `${(parameters / 1e3).toFixed(1)}K`
}

function dateOf(entry: ModelEntry): string {
  return new Date(entry.created * 1000).toISOString()
}
