/** GET /props (llama.cpp) and GET /version (vLLM): what clients of those servers ask before they send anything. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { onlyParameters } from '../query.ts'

export const props = defineEndpoint({
  method: 'get',
  path: '/props',
  summary: "Facts of the server and of a model, in llama.cpp's words",
  family: 'openai',
  body: undefined,
  answer: {
    json: z.strictObject({
      default_generation_settings: z.strictObject({ n_ctx: z.int() }),
      total_slots: z.int().describe('Requests that compute at once'),
      model_path: z.string().describe("The model's name"),
      modalities: z.strictObject({ vision: z.literal(false), audio: z.literal(false) }),
      build_info: z.string(),
    }),
  },
  handle: async (context) => {
    const { model: name } = onlyParameters(context.request, ['model'])
    const { id, model } = await context.useModel(name)
    const { limits, version } = context.server
    return Response.json({
      default_generation_settings: { n_ctx: model.info.contextTokens },
      total_slots: limits.concurrency,
      model_path: id,
      modalities: { vision: false, audio: false },
      build_info: `ostro ${version}`,
    })
  },
})

export const version = defineEndpoint({
  method: 'get',
  path: '/version',
  summary: 'The version of this program',
  family: 'openai',
  body: undefined,
  answer: { json: z.strictObject({ version: z.string() }) },
  handle: async ({ server }) => Response.json({ version: server.version }),
})
