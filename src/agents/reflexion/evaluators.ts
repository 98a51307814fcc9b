/** Evaluators of reflexion: a rule, the exact answer, a judge. Tests of code are in `code-tests.ts`, citations in `research.ts`. */
import type { LanguageModel } from '../../tools/language-model.ts'
import type { Run } from '../../tools/steps/run.ts'
import type { Verdict, Verifier } from '../../tools/steps/verifier.ts'
import { canonicalAnswer } from '../canonical-answer.ts'
import { criticise, defaultRubric, scoreDraft } from '../reflection/critique.ts'

/**
 * A rule: what is wrong with a candidate, or nothing.
 * @example
 * const evaluator = rule((text: string) => (text.length > 100 ? 'Shorten it to 100 characters.' : undefined))
 */
export function rule<C>(fault: (candidate: C) => string | undefined): Verifier<C> {
  return {
    source: 'external',
    verify: (candidate) => {
      const feedback = fault(candidate)
      return { passed: feedback === undefined, score: feedback === undefined ? 1 : 0, feedback: feedback ?? '' }
    },
  }
}

/**
 * Whether an answer is the right one, up to case, space and articles. It knows the answer, so a report has to call its figures an oracle's;
 * it tells the model that it is wrong and nothing else.
 */
export function exact(answer: string): Verifier<string> {
  const right = canonicalAnswer(answer)
  return {
    source: 'oracle',
    verify: (candidate): Verdict => {
      const passed = canonicalAnswer(candidate) === right
      return { passed, score: passed ? 1 : 0, feedback: passed ? '' : 'The answer is wrong.' }
    },
  }
}

export interface JudgeOptions {
  /** What counts, a sentence each. Default `defaultRubric`. */
  readonly rubric?: readonly string[] | undefined
  /** A score from which on a candidate passes. Default 0.9. */
  readonly threshold?: number | undefined
  /** Of a critique. Default 512. */
  readonly maxTokens?: number | undefined
}

/** A model's opinion, which proves nothing: its expected mark is the score, the issues that it finds are the feedback. */
export function judgeOf<C>(
  judge: LanguageModel,
  task: string,
  options: JudgeOptions = {},
): (run: Run<C>) => Verifier<C> {
  const { rubric = defaultRubric, threshold = 0.9, maxTokens = 512 } = options
  return (run) => ({
    source: 'model',
    verify: async (candidate) => {
      const draft = typeof candidate === 'string' ? candidate : JSON.stringify(candidate)
      const input = { task, draft, rubric, feedback: '' }
      const path = ['judge', draft]
      const { issues, score = 0 } = await criticise(run, judge, input, { path, maxTokens, temperature: 0 })
      const mark = judge.can.score ? await scoreDraft(run, judge, input) : score
      const feedback = issues.map(({ quote, problem, fix }) => `${quote === '' ? '' : `"${quote}": `}${problem} ${fix}`)
      return { passed: mark >= threshold, score: mark, feedback: feedback.join('\n') }
    },
  })
}
