/** POST /v1/rerank: documents by their relevance for a query, in the form that Jina, Cohere and vLLM share. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { modelField } from '../openai/fields.ts'

const document = z.union([z.string().min(1), z.strictObject({ text: z.string().min(1) }).transform(({ text }) => text)])

const body = z
  .strictObject({
    model: modelField,
    query: z.string().min(1),
    documents: z.array(document).min(1).max(1024),
    top_n: z.int().min(1).max(1024).nullish().describe('Give the best so many; default all'),
    return_documents: z.boolean().nullish().describe('Repeat the texts in the answer; default false'),
    truncate: z.boolean().nullish().describe('Extension: cut pairs that are too long instead of refusing them'),
    method: z
      .enum(['cross-encoder', 'embedding'])
      .nullish()
      .describe(
        'Extension: cross-encoder (default) needs a model with a head for pairs, embedding compares vectors of any model',
      ),
  })
  .meta({ id: 'CreateRerankRequest' })

const answer = z
  .strictObject({
    model: z.string(),
    results: z
      .array(
        z.strictObject({
          index: z.int().describe('Place among the documents of the request'),
          relevance_score: z.number().describe('0 to 1 of a cross-encoder, a cosine of vectors'),
          document: z.strictObject({ text: z.string() }).optional(),
        }),
      )
      .describe('By falling score'),
    usage: z.strictObject({ total_tokens: z.int().describe('Of the query and the documents') }),
  })
  .meta({ id: 'CreateRerankResponse' })

export const rerank = defineEndpoint({
  method: 'post',
  path: '/v1/rerank',
  summary: 'Documents by their relevance for a query',
  family: 'openai',
  promptField: 'documents',
  body,
  answer: { json: answer },
  handle: async (context, { model: name, query, documents, top_n, return_documents, truncate, method }) => {
    const { id, model, options } = await context.useModel(name ?? undefined, 'vectors')
    const ranked = await model.rerank(query, documents, {
      topN: top_n ?? undefined,
      truncate: truncate ?? undefined,
      method: method ?? undefined,
      signal: options.signal,
    })
    const counts = await Promise.all([query, ...documents].map(async (text) => (await model.tokenize(text)).length))
    return Response.json({
      model: id,
      results: ranked.map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(return_documents === true && { document: { text: documents[index] } }),
      })),
      usage: { total_tokens: counts.reduce((sum, count) => sum + count, 0) },
    } satisfies z.infer<typeof answer>)
  },
})
