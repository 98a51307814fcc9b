/** Vercel's AI SDK on a model in this process, without a server: `node examples/ai-sdk.ts`. */
import { generateText, jsonSchema, Output, streamText, tool } from 'ai'
import { createOstro } from '../src/ai-sdk/index.ts'
import { load } from '../src/index.ts'

await using model = await load('smollm2:135m')
const ostro = createOstro(model)

const { textStream } = streamText({ model: ostro(), prompt: 'Why is the sky blue?', maxOutputTokens: 60 })
for await (const piece of textStream) process.stdout.write(piece)
console.log('\n')

// Whatever the model would rather say, the answer is of this form.
const planet = jsonSchema<{ name: string; rings: boolean }>({
  type: 'object',
  properties: { name: { enum: ['Mars', 'Saturn', 'Venus'] }, rings: { type: 'boolean' } },
  required: ['name', 'rings'],
  additionalProperties: false,
})
const { output } = await generateText({
  model: ostro(),
  prompt: 'Which planet has rings?',
  output: Output.object({ schema: planet }),
})
console.log(output)

const weather = tool({
  description: 'The weather in a city',
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: async ({ city }) => `21 degrees and sunny in ${city}`,
})
const { toolResults } = await generateText({
  model: ostro(),
  tools: { weather },
  toolChoice: 'required',
  prompt: 'What is the weather in Bern?',
  maxOutputTokens: 100,
})
for (const { toolName, input, output: said } of toolResults)
  console.log(`${toolName}(${JSON.stringify(input)}): ${said}`)
