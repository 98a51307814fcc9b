/** A conversation of two turns with the default model: `node examples/chat.ts`. The second turn reads only what is new. */
import { type ChatMessage, load } from '../src/index.ts'

await using model = await load('smollm2:135m')
const messages: ChatMessage[] = []

for (const content of ['Name a planet with rings.', 'How far is it from the sun?']) {
  messages.push({ role: 'user', content })
  let answer = ''
  for await (const event of model.chat(messages, { temperature: 0, maxTokens: 100 })) {
    if (event.type === 'text-delta') {
      answer += event.text
      process.stdout.write(event.text)
    } else if (event.type === 'end') {
      const { promptTokens, cachedTokens } = event.usage
      console.log(`\n(${promptTokens} tokens read, ${cachedTokens} of them from before)\n`)
    }
  }
  messages.push({ role: 'assistant', content: answer })
}
