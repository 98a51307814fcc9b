/** GET /openapi.json: this interface, for programs. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'
import { openApiDocument } from '../openapi.ts'

export const openapi = defineEndpoint({
  method: 'get',
  path: '/openapi.json',
  summary: 'This interface as an OpenAPI 3.1 document',
  family: 'openai',
  body: undefined,
  answer: { json: z.record(z.string(), z.json()) },
  handle: async ({ server }) => Response.json(openApiDocument(server.endpoints, server.version)),
})
