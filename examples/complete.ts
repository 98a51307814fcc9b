/** A text continued, with the probability of each token: `node examples/complete.ts`. */
import { load } from '../src/index.ts'

await using model = await load('smollm2:135m')
const { text, logprobs = [] } = await model.complete('The capital of France is', {
  maxTokens: 8,
  temperature: 0,
  logprobs: 3,
})
console.log(text)
for (const { text: token, logprob, top } of logprobs) {
  const others = top.map((entry) => Math.exp(entry.logprob).toFixed(3)).join(', ')
  console.log(`${JSON.stringify(token).padEnd(12)} ${Math.exp(logprob).toFixed(3)} (best three: ${others})`)
}
