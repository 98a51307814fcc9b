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
import { samplesAsTheyEnd } from './samples-as-they-end.ts'
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
  /** Among the candidates. */
  readonly index: number
  /** In the order of asking. */
  readonly sample: number
}

/**
 * Asks for n answers and takes the majority. Of answers with equally many votes the one wins that the model was surest of, by the mean
 * log-probability of its tokens; where the model tells none (with a warning), the one asked for first. The candidate is the surest
 * text of the winning answer, its verdict's score the share of the votes. When those to come can change nothing any more, they are not
 * waited for, and the share is the least that it would have been.
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
    const sampleOf = async (sample: number) => {
      const asked = { purpose: 'sample', path: [sample], temperature, maxTokens, format, stop, logprobs }
      return { sample, answer: await run.ask(model, prompt, asked) }
    }
    const votes: Vote[] = []
    let toCome = samples
    for await (const { sample, answer } of samplesAsTheyEnd(model, samples, sampleOf)) {
      toCome--
      const text = answer.text.trim()
      const index = run.propose(text)
      const voted = canonical(text)
      if (voted !== undefined) {
        const vote = { text, canonical: voted, confidence: confidenceOf(answer), index, sample }
        votes.splice(votes.filter((other) => other.sample < sample).length, 0, vote)
        run.keep(winnerOf(votes).text, verdictOf(votes), false)
      }
      if (isDecided(votes, toCome)) break
    }
    if (votes.length === 0) return 'exhausted'
    const winner = winnerOf(votes)
    if (verifier === undefined) {
      const verdict = verdictOf(votes, toCome)
      run.judge(winner.text, winner.index, verdict, false)
      run.keep(winner.text, verdict, false)
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

/** Whether no vote to come can change which answer wins. */
function isDecided(votes: readonly Vote[], toCome: number): boolean {
  const [first = 0, second = 0] = [...Map.groupBy(votes, (vote) => vote.canonical).values()]
    .map(({ length }) => length)
    .toSorted((a, b) => b - a)
  return first > second + toCome
}

function verdictOf(votes: readonly Vote[], toCome = 0): Verdict {
  const { canonical } = winnerOf(votes)
  const count = votes.filter((vote) => vote.canonical === canonical).length
  const all = votes.length + toCome
  const feedback = `${toCome > 0 ? 'At least ' : ''}${count} of ${all} answers come to ${canonical}.`
  return { passed: false, score: count / all, feedback }
}

function confidenceOf({ logprobs }: Answer): number {
  return logprobs.reduce((sum, { logprob }) => sum + logprob, 0) / Math.max(1, logprobs.length)
}
