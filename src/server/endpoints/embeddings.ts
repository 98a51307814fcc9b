/** POST /v1/embeddings: a vector per text. */
import { z } from 'zod'
import { embedTexts } from '../embed-texts.ts'
import { defineEndpoint } from '../endpoint.ts'
import { modelField } from '../openai/fields.ts'
import { accepted } from '../request-body.ts'

const text = z
  .string({
    error: ({ code }) =>
      code === 'invalid_type' ? 'not supported: token ids, which differ from model to model; send text' : undefined,
  })
  .min(1)

const body = z
  .strictObject({
    model: modelField,
    input: z.union([text, z.array(text).min(1).max(2048)]),
    encoding_format: z.enum(['float', 'base64']).nullish().describe('base64: little-endian 32-bit floats'),
    dimensions: z.int().min(1).max(65_536).nullish().describe("The model's own width only"),
    truncate: z.boolean().nullish().describe('Extension: cut texts that are too long instead of refusing them'),
    user: accepted(z.string()).describe('Accepted; not used'),
  })
  .meta({ id: 'CreateEmbeddingRequest' })

const answer = z
  .strictObject({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(
      z.strictObject({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z.union([z.array(z.number()), z.string()]),
      }),
    ),
    usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'CreateEmbeddingResponse' })

export const embeddings = defineEndpoint({
  method: 'post',
  path: '/v1/embeddings',
  summary: 'A vector per text',
  family: 'openai',
  promptField: 'input',
  body,
  answer: { json: answer },
  handle: async (context, request) => {
    const texts = [request.input].flat()
    const use = await context.useModel(request.model ?? undefined, 'vectors')
    const { vectors, promptTokens } = await embedTexts(use, texts, {
      dimensions: request.dimensions ?? undefined,
      truncate: request.truncate ?? undefined,
    })
    const encode = request.encoding_format === 'base64' ? base64 : (vector: Float32Array) => [...vector]
    return Response.json({
      object: 'list',
      model: use.id,
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector) })),
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    } satisfies z.infer<typeof answer>)
  },
})

function base64(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.length * 4)
  const view = new DataView(bytes.buffer)
  vector.forEach((value, index) => view.setFloat32(index * 4, value, true))
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}
