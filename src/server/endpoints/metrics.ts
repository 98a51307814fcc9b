/** GET /metrics: counts and times in Prometheus' text format. */
import { defineEndpoint } from '../endpoint.ts'

export const metrics = defineEndpoint({
  method: 'get',
  path: '/metrics',
  summary: 'Counts and times, for Prometheus',
  family: 'openai',
  body: undefined,
  answer: { mediaType: 'text/plain' },
  handle: async ({ server }) =>
    new Response(await server.metrics.text(), { headers: { 'content-type': server.metrics.contentType } }),
})
