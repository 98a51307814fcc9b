/** node-llama-cpp (native llama.cpp) as the measurements need it, for figures beside ours: its defaults (f16 keys and values), no flash attention. */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
import type { ControlledEvaluateInputItem, Token } from 'node-llama-cpp'
import type { ScoredRow, Scorer } from '../support/real-model-case.ts'

const generate = (ids: readonly number[] | 'all') => ({
  logits: ids === 'all' ? true : { filter: { tokens: [...ids] as Token[], includeTop: 1 } },
  totalLogitWeight: true,
})

export async function openPeerScorer(path: string, contextTokens: number): Promise<Scorer> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, progressLogs: false })
  const model = await llama.loadModel({ modelPath: path })
  const context = await model.createContext({
    contextSize: contextTokens,
    batchSize: 512,
    sequences: 1,
    threads: 1,
    flashAttention: false,
  })
  const sequence = context.getSequence()
  return {
    async score(tokens, wanted, visit) {
      await sequence.clearHistory()
      const idsAt = new Map(wanted.map(({ index, ids }) => [index, ids]))
      const input = tokens.map((token, index): ControlledEvaluateInputItem => {
        const ids = idsAt.get(index)
        return ids === undefined ? (token as Token) : [token as Token, { generateNext: generate(ids) }]
      })
      const outputs = await sequence.controlledEvaluate(input)
      for (const { index } of wanted) {
        const next = outputs[index]?.next
        if (next?.logits === undefined || next.totalLogitWeight === undefined) {
          throw new Error(`node-llama-cpp: no logits after token ${index}`)
        }
        visit(index, scoredRow(next.logits, next.totalLogitWeight))
      }
    },
    async [Symbol.asyncDispose]() {
      await llama.dispose()
    },
  }
}

/** `logits` is sorted from the greatest; `weight` is the sum of e^(logit - greatest). */
function scoredRow(logits: ReadonlyMap<Token, number>, weight: number): ScoredRow {
  const [best, greatest] = logits.entries().next().value ?? [0 as Token, NaN]
  return {
    best,
    logit: (token) => logits.get(token as Token) ?? NaN,
    logsumexp: () => greatest + Math.log(weight),
  }
}
