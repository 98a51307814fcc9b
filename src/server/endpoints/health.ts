/** GET /health: whether the server takes new work. The one endpoint that is open to everybody. */
import { z } from 'zod'
import { stopping } from '../api-error.ts'
import { defineEndpoint } from '../endpoint.ts'

export const health = defineEndpoint({
  method: 'get',
  path: '/health',
  summary: 'Whether the server takes new work',
  family: 'openai',
  open: true,
  body: undefined,
  answer: { json: z.strictObject({ status: z.literal('ok') }) },
  handle: async ({ server }) => {
    if (server.draining?.aborted) throw stopping()
    return Response.json({ status: 'ok' })
  },
})
