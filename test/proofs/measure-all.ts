/** Every prompt and every chunk of one real model on one engine. */
import { measurePerplexity, measurePrompt } from '../support/real-model-case.ts'
import type { PerplexityDistance, PromptDistance, RealModelCase, Scorer } from '../support/real-model-case.ts'
import { tokenizeWith } from '../support/ostro-scorer.ts'

export interface Measured {
  readonly prompts: readonly PromptDistance[]
  readonly perplexity: PerplexityDistance
  readonly tookMs: number
}

/** Tokens that an engine must have room for. */
export function longestInput({ info, prompts }: RealModelCase): number {
  return Math.max(info.perplexity.context, ...prompts.map(({ tokens, greedy }) => tokens.length + greedy.tokens.length))
}

export async function measureAll(scorer: Scorer, real: RealModelCase, path: string): Promise<Measured> {
  const started = performance.now()
  const prompts: PromptDistance[] = []
  for (const prompt of real.prompts) prompts.push(await measurePrompt(scorer, real, prompt))
  const tokens = await tokenizeWith(path, real.perplexityText)
  const perplexity = await measurePerplexity(scorer, real, tokens, real.info.perplexity.chunks)
  return { prompts, perplexity, tookMs: performance.now() - started }
}
