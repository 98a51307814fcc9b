/** Ostro through its public interface, with its own defaults: the built package, as its users have it. */
import { load, type Model } from 'ostro'
import type { Peer } from './peer.ts'

export function ostro(): Peer {
  let model: Model | undefined
  let calls = 0

  /** Another first token each time, so that nothing is found in the prefix cache. */
  const complete = async (tokens: readonly number[], maxTokens: number) => {
    if (model === undefined) throw new Error('ostro: load a model first')
    calls++
    const prompt = [tokens[0] + calls, ...tokens.slice(1)]
    return model.complete(prompt, { maxTokens, temperature: 0, ignoreEnd: true })
  }

  return {
    name: 'ostro',
    async load({ modelPath, threads, contextTokens }) {
      model = await load(modelPath, { threads, context: contextTokens })
    },
    async prefill(tokens) {
      const started = performance.now()
      const { usage } = await complete(tokens, 1)
      if (usage.cachedTokens > 0) throw new Error(`ostro: ${usage.cachedTokens} tokens came from the cache`)
      return performance.now() - started
    },
    async decode(prompt, count) {
      const { usage, timings } = await complete(prompt, count + 1)
      if (usage.generatedTokens !== count + 1) throw new Error(`ostro: ${usage.generatedTokens} of ${count + 1} tokens`)
      return timings.decodeMs
    },
    async dispose() {
      await model?.dispose()
    },
  }
}
