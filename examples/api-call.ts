/** A request in words becomes one call of an API: `node examples/api-call.ts [REQUEST]`. */
import * as z from 'zod'
import { load, tool } from '../src/index.ts'
import { getJson, startLocalApis } from './local-apis.ts'

await using apis = await startLocalApis()
await using model = await load('smollm2:135m')

const getCustomers = tool({
  name: 'get_customers',
  description: 'List customers.',
  input: z.object({
    min_revenue: z.number().optional().describe('Only customers with at least this revenue'),
    created_before: z.iso.date().optional().describe('Only customers created before this date, as YYYY-MM-DD'),
    limit: z.int().min(1).max(100).optional().describe('Most customers to list'),
  }),
  run: (input, { signal }) => {
    const query = Object.entries(input).map(([name, value]) => [name, String(value)])
    return getJson(`${apis.url}/customers?${new URLSearchParams(query)}`, signal)
  },
})

const content = process.argv[2] ?? 'Show me 2 customers with a revenue of at least 5000, created before 2023-01-01.'
const choice = { name: getCustomers.function.name }
// One step: the call is made, run and shown, and the model is not asked again.
const options = { tools: [getCustomers], toolChoice: choice, parallelToolCalls: false, temperature: 0, maxTokens: 120 }
for await (const event of model.chat([{ role: 'user', content }], options)) {
  if (event.type === 'tool-call') console.log(`GET /customers ${event.arguments}`)
  if (event.type !== 'tool-result') continue
  console.log(event.output ?? event.error)
  break
}
