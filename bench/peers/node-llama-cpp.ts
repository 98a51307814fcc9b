/** llama.cpp as npm users get it: node-llama-cpp with its prebuilt binary for this CPU. */
import { getLlama, type Llama, type LlamaContextSequence, LlamaLogLevel, type Token } from 'node-llama-cpp'
import type { Peer } from './peer.ts'

export function nodeLlamaCpp(): Peer {
  let llama: Llama | undefined
  let sequence: LlamaContextSequence | undefined

  /** Starts from nothing and yields greedily chosen tokens; an end token does not end it. */
  const evaluate = async (tokens: readonly number[]) => {
    if (sequence === undefined) throw new Error('node-llama-cpp: load a model first')
    await sequence.clearHistory()
    return sequence.evaluate([...tokens] as Token[], { temperature: 0, yieldEogToken: true })
  }

  return {
    name: 'node-llama-cpp',
    async load({ modelPath, threads, contextTokens }) {
      llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, progressLogs: false })
      const model = await llama.loadModel({ modelPath })
      const context = await model.createContext({ contextSize: contextTokens, batchSize: 512, sequences: 1, threads })
      sequence = context.getSequence()
    },
    async prefill(tokens) {
      const started = performance.now()
      const answer = await evaluate(tokens)
      await answer.next()
      const took = performance.now() - started
      await answer.return()
      return took
    },
    async decode(prompt, count) {
      const answer = await evaluate(prompt)
      await answer.next()
      const started = performance.now()
      for (let done = 0; done < count; done++) await answer.next()
      const took = performance.now() - started
      await answer.return()
      return took
    },
    async dispose() {
      await llama?.dispose()
    },
  }
}
