/** How good a model finds something, read from its probabilities instead of from what it says: a number between the marks that it would give. */
import type { LanguageModel, Prompt } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'

/** Marks with what ends them: after "1" the model may go on to "10", after "1/10" it may not. */
const marks = Array.from({ length: 11 }, (_, mark) => `${mark}/10`)

/**
 * Σ p(k)·k/10 over the marks 0 to 10, where p is the model's own probability of answering "k/10", 0 to 1.
 *
 * @param prompt asks for a mark of the form "7/10"; as a text it ends where the mark follows, without the space before it
 * @throws OstroError `unsupported` where `can.score` is false
 */
export async function expectedScore<C>(run: Run<C>, model: LanguageModel, prompt: Prompt): Promise<number> {
  const lead = typeof prompt === 'string' ? ' ' : ''
  const scores = await run.score(
    model,
    prompt,
    marks.map((mark) => lead + mark),
  )
  const greatest = Math.max(...scores.map(({ logprob }) => logprob))
  const masses = scores.map(({ logprob }) => Math.exp(logprob - greatest))
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  return masses.reduce((sum, mass, mark) => sum + (mass / total) * (mark / 10), 0)
}
