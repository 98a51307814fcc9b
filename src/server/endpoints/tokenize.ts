/** POST /tokenize and /detokenize: text to token ids and back, as llama.cpp (`content`) and as vLLM (`prompt`) ask for it. */
import { z } from 'zod'
import { badRequest } from '../api-error.ts'
import { defineEndpoint } from '../endpoint.ts'
import { refused } from '../request-body.ts'

const model = z.string().nullish().describe('Default: the default model')

export const tokenize = defineEndpoint({
  method: 'post',
  path: '/tokenize',
  summary: 'Token ids of a text',
  family: 'openai',
  body: z.strictObject({
    model,
    content: z.string().nullish(),
    prompt: z.string().nullish().describe('The text, in the place of content'),
    add_special: z.boolean().nullish().describe('BOS and EOS where the model wants them; default false for content'),
    add_special_tokens: z.boolean().nullish().describe('The same for prompt; default true'),
    parse_special: z.boolean().nullish().describe('Read control tokens as such; default false'),
    messages: refused('POST /apply-template gives the prompt of a conversation'),
    with_pieces: refused('POST /detokenize gives the text of a token'),
    return_token_strs: refused('POST /detokenize gives the text of a token'),
  }),
  answer: { json: z.strictObject({ tokens: z.array(z.int()), count: z.int(), max_model_len: z.int() }) },
  handle: async (context, body) => {
    const { content, prompt } = body
    const text = content ?? prompt
    if (text === undefined || text === null || (typeof content === 'string' && typeof prompt === 'string')) {
      throw badRequest('content: expected a text, here or as prompt, and not both.', 'content')
    }
    const addSpecial = body.add_special ?? body.add_special_tokens ?? typeof prompt === 'string'
    const use = await context.useModel(body.model ?? undefined)
    const tokens = await use.model.tokenize(text, { addSpecial, parseSpecial: body.parse_special ?? false })
    return Response.json({ tokens, count: tokens.length, max_model_len: use.model.info.contextTokens })
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
  answer: { json: z.strictObject({ content: z.string(), prompt: z.string() }) },
  handle: async (context, body) => {
    const use = await context.useModel(body.model ?? undefined)
    const content = await use.model.detokenize(body.tokens, { special: body.special ?? true })
    return Response.json({ content, prompt: content })
  },
})
