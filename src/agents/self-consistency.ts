/**
 * Self-consistency (Wang et al. 2022, arXiv 2203.11171): the model answers a question several times, each time thinking anew, and the answer
 * that most ways lead to wins.
 */
import type { LanguageModel, Prompt } from '../tools/language-model.ts'
import { type Answer, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Verdict, Verifier } from '../tools/steps/verifier.ts'
import type { OutputFormat } from '../util/generation.ts'
import { canonicalAnswer } from './canonical-answer.ts'
import { checkCount } from './check-count.ts'
import { sampleWaves } from './sample-waves.ts'
import { warnUnverified } from './warn-unverified.ts'

export interface SelfConsistencyOptions extends RunOptions {
  /** Judges the winner; it has no part in the vote. */
  readonly verifier?: Verifier<string> | undefined
  /**
   * What an answer comes to: equal answers are one vote each for the same. Undefined: the text answers nothing and has no vote. Default:
   * `canonicalAnswer`, the number or the words that the text ends with.
   */
  readonly canonical?: ((text: string) => string | undefined) | undefined
  /** Answers, as many at once as the model works on: they share one reading of the prompt. Default 10. */
  readonly samples?: number | undefined
  /** Default 0.7. */
  readonly temperature?: number | undefined
  /** Of each sample. Default 512. */
  readonly maxTokens?: number | undefined
  readonly format?: OutputFormat | undefined
  readonly stop?: readonly string[] | undefined
}

interface Vote {
  readonly text: string
  readonly canonical: string
  /** Mean log-probability of a token; 0 where the model tells none. */
  readonly confidence: number
  readonly index: number
}

/**
 * Asks for n answers and takes the majority. Of answers with equally many votes the one wins that the model was surest of, by the mean
 * log-probability of its tokens; where the model tells none (with a warning), the one asked for first. The candidate is the surest
 * text of the winning answer, its verdict's score the share of the votes.
 *
 * @throws OstroError `invalid-argument`; what the model throws
 * @example
 * const { best } = await resultOf(selfConsistency(model, 'What is 17 * 23? Think step by step.'))
 */
export function selfConsistency(
  model: LanguageModel,
  prompt: Prompt,
  options: SelfConsistencyOptions = {},
): AsyncGenerator<RunEvent<string>, void, void> {
  const { verifier, canonical = canonicalAnswer, samples = 10, temperature = 0.7, maxTokens = 512 } = options
  const { format, stop } = options
  checkCount('selfConsistency', 'samples', samples)
  return startRun('self-consistency', options, async (run) => {
    warnUnverified(run, verifier)
    const logprobs = model.can.score ? 0 : undefined
    if (logprobs === undefined) {
      run.warn('no-log-probabilities', `${model.id} tells no log-probabilities: of equal votes the first answer wins.`)
    }
    const sampleOf = (sample: number): Promise<Answer> =>
      run.ask(model, prompt, { purpose: 'sample', path: [sample], temperature, maxTokens, format, stop, logprobs })
    const votes: Vote[] = []
    for await (const answer of sampleWaves(model, samples, sampleOf)) {
      const text = answer.text.trim()
      const index = run.propose(text)
      const voted = canonical(text)
      if (voted === undefined) continue
      votes.push({ text, canonical: voted, confidence: confidenceOf(answer), index })
      run.keep(winnerOf(votes).text, verdictOf(votes), false)
    }
    if (votes.length === 0) return 'exhausted'
    const winner = winnerOf(votes)
    if (verifier === undefined) {
      run.judge(winner.text, winner.index, verdictOf(votes), false)
      return 'answered'
    }
    run.keep(winner.text, undefined, false)
    return (await run.verify(verifier, winner.text, winner.index)).passed ? 'passed' : 'exhausted'
  })
}

/** The surest text of the answer with most votes. */
function winnerOf(votes: readonly Vote[]): Vote {
  const groups = [...Map.groupBy(votes, (vote) => vote.canonical).values()]
  const confidence = (group: readonly Vote[]): number =>
    group.reduce((sum, vote) => sum + vote.confidence, 0) / group.length
  const best = groups.reduce((a, b) => {
    const ahead = b.length - a.length || confidence(b) - confidence(a)
    return ahead > 0 ? b : a
  })
  return best.reduce((a, b) => (b.confidence > a.confidence ? b : a))
}

function verdictOf(votes: readonly Vote[]): Verdict {
  const { canonical } = winnerOf(votes)
  const count = votes.filter((vote) => vote.canonical === canonical).length
  const feedback = `${count} of ${votes.length} answers come to ${canonical}.`
  return { passed: false, score: count / votes.length, feedback }
}

function confidenceOf({ logprobs }: Answer): number {
  return logprobs.reduce((sum, { logprob }) => sum + logprob, 0) / Math.max(1, logprobs.length)
}
