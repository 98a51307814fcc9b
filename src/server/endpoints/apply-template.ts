/** POST /apply-template (llama.cpp's): the prompt that a conversation becomes, without an answer to it. */
import { z } from 'zod'
import type { JsonValue } from '../../chat/index.ts'
import { defineEndpoint } from '../endpoint.ts'
import { modelField } from '../openai/fields.ts'
import { chatMessages, messagesField } from '../openai/messages.ts'
import { toolFields, toolOptions } from '../openai/tools.ts'

export const applyTemplate = defineEndpoint({
  method: 'post',
  path: '/apply-template',
  summary: 'The prompt that a conversation becomes',
  family: 'openai',
  promptField: 'messages',
  body: z.strictObject({
    model: modelField,
    messages: messagesField,
    ...toolFields,
    chat_template_kwargs: z.record(z.string(), z.json()).nullish(),
  }),
  answer: { json: z.strictObject({ prompt: z.string() }) },
  handle: async (context, body) => {
    const options = toolOptions(body)
    const messages = chatMessages(body.messages)
    const { model } = await context.useModel(body.model ?? undefined)
    const variables = body.chat_template_kwargs as Record<string, JsonValue> | null | undefined
    const prompt = await model.render(messages, { ...options, ...(variables ? { templateVariables: variables } : {}) })
    return Response.json({ prompt })
  },
})
