/** POST /api/embed and /api/embeddings (Ollama): vectors of texts. */
import { z } from 'zod'
import { embedTexts } from '../embed-texts.ts'
import { defineEndpoint } from '../endpoint.ts'
import { checkContext, keepAliveField, keepModel, optionsField } from '../ollama/options.ts'
import { modelField } from '../openai/fields.ts'
import { refused } from '../request-body.ts'

const shared = {
  model: modelField,
  options: optionsField,
  keep_alive: keepAliveField,
}

export const ollamaEmbed = defineEndpoint({
  method: 'post',
  path: '/api/embed',
  summary: "Vectors of texts (Ollama's)",
  family: 'ollama',
  promptField: 'input',
  body: z.strictObject({
    ...shared,
    input: z.union([z.string(), z.array(z.string()).max(2048)]),
    truncate: z.boolean().nullish().describe('Cut texts that are too long; by default they are refused'),
    dimensions: refused('vectors have the width of the model'),
  }),
  answer: {
    json: z.strictObject({
      model: z.string(),
      embeddings: z.array(z.array(z.number())),
      total_duration: z.int(),
      load_duration: z.int(),
      prompt_eval_count: z.int(),
    }),
  },
  handle: async (context, { model: name, input, options, truncate, keep_alive }) => {
    const started = performance.now()
    const use = await context.useModel(name ?? undefined, 'vectors')
    checkContext(options, use.model)
    keepModel(use, keep_alive)
    const { vectors, promptTokens } = await embedTexts(use, [input].flat(), { truncate: truncate ?? undefined })
    return Response.json({
      model: use.id,
      embeddings: vectors.map((vector) => Array.from(vector)),
      total_duration: Math.round((performance.now() - started) * 1e6),
      load_duration: 0,
      prompt_eval_count: promptTokens,
    })
  },
})

export const ollamaEmbedOne = defineEndpoint({
  method: 'post',
  path: '/api/embeddings',
  summary: "The vector of one text (Ollama's earlier form)",
  family: 'ollama',
  promptField: 'prompt',
  body: z.strictObject({ ...shared, prompt: z.string() }),
  answer: { json: z.strictObject({ embedding: z.array(z.number()) }) },
  handle: async (context, { model: name, prompt, options, keep_alive }) => {
    const use = await context.useModel(name ?? undefined, 'vectors')
    checkContext(options, use.model)
    keepModel(use, keep_alive)
    const [vector] = await use.model.embed([prompt], use.options)
    return Response.json({ embedding: Array.from(vector) })
  },
})
