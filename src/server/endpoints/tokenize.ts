/** POST /tokenize and /detokenize: text to token ids and back. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'

const model = z.string().nullish().describe('Default: the default model')

export const tokenize = defineEndpoint({
  method: 'post',
  path: '/tokenize',
  summary: 'Token ids of a text',
  family: 'openai',
  body: z.strictObject({
    model,
    content: z.string(),
    add_special: z.boolean().nullish().describe('BOS and EOS where the model wants them; default false'),
    parse_special: z.boolean().nullish().describe('Read control tokens as such; default false'),
  }),
  answer: { json: z.strictObject({ tokens: z.array(z.int()), count: z.int() }) },
  handle: async (context, body) => {
    const use = await context.useModel(body.model ?? undefined)
    const tokens = await use.model.tokenize(body.content, {
      addSpecial: body.add_special ?? false,
      parseSpecial: body.parse_special ?? false,
    })
    return Response.json({ tokens, count: tokens.length })
  },
})

export const detokenize = defineEndpoint({
  method: 'post',
  path: '/detokenize',
  summary: 'Text of token ids',
  family: 'openai',
  body: z.strictObject({
    model,
    tokens: z
      .array(
        z
          .int()
          .min(0)
          .max(2 ** 31 - 1),
      )
      .max(2 ** 20),
    special: z.boolean().nullish().describe('Show control tokens; default true'),
  }),
  answer: { json: z.strictObject({ content: z.string() }) },
  handle: async (context, body) => {
    const use = await context.useModel(body.model ?? undefined)
    return Response.json({ content: await use.model.detokenize(body.tokens, { special: body.special ?? true }) })
  },
})
