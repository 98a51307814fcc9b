/** A model that a request holds, as steps see models: with the caller's share of the prefix cache, and counted. */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { Metrics } from '../metrics.ts'
import type { ModelUse } from '../request-context.ts'

export function askedModel({ id, model, options: { cacheKey } }: ModelUse, metrics: Metrics): LanguageModel {
  return {
    id,
    contextTokens: model.contextTokens,
    slots: model.slots,
    can: model.can,
    chat: (messages, options = {}) => metrics.watch(id, model.chat(messages, { ...options, cacheKey })),
    stream: (prompt, options = {}) => metrics.watch(id, model.stream(prompt, { ...options, cacheKey })),
    scoreContinuations: async (prompt, continuations, options) => {
      const scores = await model.scoreContinuations(prompt, continuations, options)
      const tokens = scores.reduce((sum, score) => sum + score.tokens, await model.countTokens(prompt))
      metrics.scored(id, tokens)
      return scores
    },
    countTokens: (prompt, told) => model.countTokens(prompt, told),
  }
}
