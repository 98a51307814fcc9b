/** POST /v1/responses (Open Responses): answers as items, whole or as a stream of events; GET and DELETE for those that are kept. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { chatLogprobs } from '../openai/answer.ts'
import { conversationOf } from '../open-responses/conversation.ts'
import { responseEvent } from '../open-responses/event-schema.ts'
import { messagesOf } from '../open-responses/input-items.ts'
import { chatOptionsOf, createResponseBody, wantsLogprobs } from '../open-responses/request.ts'
import { newResponse, type ResponseObject, responseObject } from '../open-responses/response-body.ts'
import { type ResponseEvents, responseEvents } from '../open-responses/response-events.ts'
import { responseStore } from '../open-responses/response-store.ts'
import { onlyParameters } from '../query.ts'
import type { Frame } from '../stream-response.ts'

export const createResponse = defineEndpoint({
  method: 'post',
  path: '/v1/responses',
  summary: 'An answer as items (Open Responses)',
  family: 'openai',
  promptField: 'input',
  body: createResponseBody,
  answer: { json: responseObject, events: responseEvent },
  handle: async (context, body) => {
    const options = chatOptionsOf(body)
    const conversation = conversationOf(context, body)
    const messages = messagesOf(body.instructions ?? undefined, conversation)
    const use = await context.useModel(body.model ?? undefined)
    const answer = await context.begin(use, use.model.chat(messages, { ...options, ...use.options }))
    const start = newResponse(body, {
      id: newId('resp'),
      model: use.id,
      createdAt: now(),
      temperature: options.temperature,
      topP: options.topP,
    })
    const made = responseEvents(answer, start, {
      customTools: new Set((body.tools ?? []).flatMap(({ type, name }) => (type === 'custom' ? [name] : []))),
      reasoningAsSummary: Boolean(body.reasoning?.summary),
      sealedReasoning: body.include?.includes('reasoning.encrypted_content') === true,
      logprobsOf: ({ logprobs = [] }) =>
        wantsLogprobs(body) ? (chatLogprobs(logprobs, body.top_logprobs ?? 0).content ?? []) : [],
      newId,
      now,
    })
    const keep = (response: ResponseObject): void => {
      if (body.store === false) return
      // Inputs take what outputs hold.
      const whole = [...conversation.items, ...response.output]
      responseStore(context.server).keep(context.caller.id, { response, conversation: whole })
    }
    if (body.stream === true) {
      return context.stream(frames(made, keep), 'sse', (error) => ({
        event: 'response.failed',
        data: made.failed(error),
      }))
    }
    for await (const _ of made.events);
    keep(made.current())
    return Response.json(made.current())
  },
})

export const retrieveResponse = defineEndpoint({
  method: 'get',
  path: '/v1/responses/:id',
  summary: 'A response that is kept',
  family: 'openai',
  body: undefined,
  answer: { json: responseObject },
  handle: async ({ request, server, caller, params: { id } }) => {
    onlyParameters(request, [])
    return Response.json(responseStore(server).get(caller.id, id, 'response_id').response)
  },
})

export const deleteResponse = defineEndpoint({
  method: 'delete',
  path: '/v1/responses/:id',
  summary: 'Forgets a response',
  family: 'openai',
  body: undefined,
  answer: { json: z.strictObject({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) }) },
  handle: async ({ server, caller, params: { id } }) => {
    const store = responseStore(server)
    store.get(caller.id, id, 'response_id')
    store.remove(caller.id, id)
    return Response.json({ id, object: 'response', deleted: true })
  },
})

async function* frames(made: ResponseEvents, keep: (response: ResponseObject) => void): AsyncGenerator<Frame> {
  for await (const event of made.events) {
    if (event.type === 'response.completed' || event.type === 'response.incomplete') keep(made.current())
    yield { event: event.type, data: event }
  }
  yield { data: '[DONE]' }
}

function newId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll('-', '')}`
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
