/** GET /health: whether the server takes new work. The one endpoint that is open to everybody. */
import { z } from 'zod'
import { defineEndpoint } from '../endpoint.ts'

export const health = defineEndpoint({
  method: 'get',
  path: '/health',
  summary: 'Whether the server takes new work',
  family: 'openai',
  open: true,
  body: undefined,
  answer: { json: z.strictObject({ status: z.enum(['ok', 'draining']) }) },
  handle: async ({ server }) => {
    const draining = server.draining?.aborted === true
    return Response.json({ status: draining ? 'draining' : 'ok' }, { status: draining ? 503 : 200 })
  },
})
