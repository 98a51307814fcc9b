/** What a response was made of, as /v1/responses has it: the items of one that is kept, and how many tokens an input has. */
import { z } from 'zod'
import { badRequest } from '../api-error.ts'
import { defineEndpoint } from '../endpoint.ts'
import { conversationOf } from '../open-responses/conversation.ts'
import { type ConversationItem, messagesOf } from '../open-responses/input-items.ts'
import { chatOptionsOf, countTokensBody } from '../open-responses/request.ts'
import { responseStore } from '../open-responses/response-store.ts'
import { promptTokens } from '../prompt-tokens.ts'
import { onlyParameters } from '../query.ts'

const mostItems = 100

export const countInputTokens = defineEndpoint({
  method: 'post',
  path: '/v1/responses/input_tokens',
  summary: 'How many tokens an input has (Open Responses)',
  family: 'openai',
  promptField: 'input',
  body: countTokensBody,
  answer: { json: z.strictObject({ object: z.literal('response.input_tokens'), input_tokens: z.int() }) },
  handle: async (context, body) => {
    const options = chatOptionsOf(body)
    const messages = messagesOf(body.instructions ?? undefined, conversationOf(context, body))
    const { model } = await context.useModel(body.model ?? undefined)
    const input_tokens = await promptTokens(model, messages, options)
    return Response.json({ object: 'response.input_tokens', input_tokens })
  },
})

export const listInputItems = defineEndpoint({
  method: 'get',
  path: '/v1/responses/:id/input_items',
  summary: 'The items that a response answers',
  family: 'openai',
  body: undefined,
  answer: {
    json: z.strictObject({
      object: z.literal('list'),
      data: z.array(z.looseObject({ type: z.string(), id: z.string() })),
      first_id: z.string(),
      last_id: z.string(),
      has_more: z.boolean(),
    }),
  },
  handle: async ({ request, server, caller, params: { id } }) => {
    const { order = 'desc', after, limit = '20' } = onlyParameters(request, ['order', 'after', 'limit'])
    if (order !== 'asc' && order !== 'desc') throw badRequest('order: expected asc or desc.', 'order')
    const most = Number(limit)
    if (!Number.isInteger(most) || most < 1 || most > mostItems) {
      throw badRequest(`limit: expected a whole number from 1 to ${mostItems}.`, 'limit')
    }
    const { conversation, response } = responseStore(server).get(caller.id, id, 'response_id')
    const input = conversation.slice(0, conversation.length - response.output.length)
    const named = input.map((item, index) => listedItem(item, `${id}_input_${index}`))
    if (order === 'desc') named.reverse()
    const rest = after === undefined ? named : named.slice(named.findIndex((item) => item.id === after) + 1)
    const data = rest.slice(0, most)
    return Response.json({
      object: 'list',
      data,
      first_id: data[0]?.id ?? '',
      last_id: data.at(-1)?.id ?? '',
      has_more: rest.length > data.length,
    })
  },
})

/** Messages that came as a text are told in parts, as the interface has it. */
function listedItem(item: ConversationItem, id: string) {
  if (item.type !== 'message') return { ...item, id: item.id ?? id }
  const { content, role } = item
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  const parts = typeof content === 'string' ? [{ type, text: content }] : content
  return { ...item, id: item.id ?? id, status: item.status ?? 'completed', content: parts }
}
