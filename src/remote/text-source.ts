/** A server's plain completions as a source of text, for answers that are held to a grammar here. */
import type { GenerateOptions } from '../util/generation.ts'
import { type Body, type Endpoint, firstOf, memberOf } from './endpoint.ts'
import type { TextSource } from './held-completion.ts'
import { samplingBody } from './sampling-body.ts'

/** Most that servers tell without being started for more. */
const alternativeCount = 5

/** @throws OstroError `unsupported` for an option that the interface cannot say */
export function textSource(endpoint: Endpoint, sampling: GenerateOptions): TextSource {
  const body: Body = samplingBody(sampling)
  return {
    async *stream(prompt, maxTokens, signal) {
      const asked = { ...body, prompt, max_tokens: maxTokens }
      for await (const chunk of endpoint.stream('/completions', asked, signal)) {
        const text = memberOf(firstOf(memberOf(chunk, 'choices')), 'text')
        if (typeof text === 'string' && text !== '') yield text
      }
    },
    alternatives: async (prompt, signal) => {
      const asked = { prompt, max_tokens: 1, temperature: 0, logprobs: alternativeCount }
      const answer = await endpoint.post('/completions', asked, signal)
      const logprobs = memberOf(firstOf(memberOf(answer, 'choices')), 'logprobs')
      const first = firstOf(memberOf(logprobs, 'top_logprobs'))
      if (typeof first !== 'object' || first === null) return []
      const entries = Object.entries(first as Record<string, number>)
      return entries.toSorted(([, a], [, b]) => b - a).map(([text]) => text)
    },
  }
}
