/**
 * An assistant with two functions over HTTP: `node examples/assistant.ts [QUESTION]`. The model decides whether and which, the calls run,
 * the results go back to it, and it answers.
 */
import * as z from 'zod'
import { load, tool } from '../src/index.ts'
import { getJson, startLocalApis } from './local-apis.ts'

await using apis = await startLocalApis()
await using model = await load('smollm2:135m')

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the current weather of a city.',
  input: z.object({ city: z.string().describe('Name of the city') }),
  run: ({ city }, { signal }) => getJson(`${apis.url}/weather?city=${encodeURIComponent(city)}`, signal),
})
const getOrder = tool({
  name: 'get_order',
  description: 'Get the status of an order by its number.',
  input: z.object({ order_number: z.int().describe('Number of the order') }),
  run: (input, { signal }) => getJson(`${apis.url}/orders/${input.order_number}`, signal),
})

const content = process.argv[2] ?? 'What is the weather in Paris?'
const options = { tools: [getWeather, getOrder], temperature: 0, maxTokens: 120, maxSteps: 3 }
for await (const event of model.chat([{ role: 'user', content }], options)) {
  if (event.type === 'tool-call') console.log(`call    ${event.name} ${event.arguments}`)
  if (event.type === 'tool-result') console.log(`result  ${JSON.stringify(event.output ?? { error: event.error })}`)
  if (event.type === 'text-delta') process.stdout.write(event.text)
}
console.log()
