/**
 * Basic reflection: a draft is judged, criticised and revised, until it is good enough or gets no better. The best draft is revised and
 * returned, not the last; a critic quotes what it means; somebody other than a model should judge, since models that only
 * correct themselves get worse (Huang et al. 2023, arXiv 2310.01798).
 */
import type { LanguageModel } from '../tools/language-model.ts'
import { prepareInstruction, type PreparedPrompt } from '../tools/steps/instruction.ts'
import { isBetter, type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { Verdict, Verifier } from '../tools/steps/verifier.ts'
import { OstroError } from '../util/error.ts'
import { checkCount } from './check-count.ts'
import { criticise, type Critique, defaultRubric, draftText, scoreDraft } from './reflection/critique.ts'
import { warnUnverified } from './warn-unverified.ts'

export interface ReflectionOptions extends RunOptions {
  /** Without one, what the critic thinks of the drafts is their score. */
  readonly verifier?: Verifier<string> | undefined
  /** Criticises the drafts. Default: the model that writes them. */
  readonly critic?: LanguageModel | undefined
  /** What the critic judges by, a sentence each. Default `defaultRubric`. */
  readonly rubric?: readonly string[] | undefined
  /** Revisions at most. Default 3. */
  readonly rounds?: number | undefined
  /** A draft of this score is good enough. 0 to 1, default 0.9. */
  readonly threshold?: number | undefined
  /** Of each draft. Default 1024. */
  readonly maxTokens?: number | undefined
  /** Of each critique. Default 512. */
  readonly critiqueTokens?: number | undefined
  /** Of drafts. Default 0.7. */
  readonly temperature?: number | undefined
}

interface Judged {
  readonly draft: string
  readonly index: number
  readonly verdict: Verdict
  /** Where the verdict came of it. */
  readonly critique: Critique | undefined
}

/** Revisions in a row that were no better: the end. */
const patience = 2

/**
 * Writes a draft, has it judged, and revises the best one so far by what its critic and its verifier say.
 *
 * Ends with `passed`, `threshold`, `plateau` after two revisions that were no better, `exhausted` after the last round, or a budget
 * (`rounds` counts revisions). Without a verifier a draft's score is the expected mark of the critic, `scoreDraft`, or, where that model
 * tells no probabilities, the one that it writes; either way a warning says that nothing is verified.
 *
 * @throws OstroError `input-empty`, `invalid-argument`; what the models throw
 * @example
 * const { best } = await resultOf(reflection(model, 'Write an essay on tides.', { verifier, critic: strong }))
 */
export function reflection(
  model: LanguageModel,
  task: string,
  options: ReflectionOptions = {},
): AsyncGenerator<RunEvent<string>, void, void> {
  const { verifier, critic = model, rubric = defaultRubric, rounds = 3, threshold = 0.9 } = options
  const { maxTokens = 1024, critiqueTokens = 512, temperature = 0.7 } = options
  checkOptions(task, rounds, threshold)
  return startRun('reflection', options, async (run) => {
    warnUnverified(run, verifier)
    const mostRounds = Math.min(rounds, run.ledger.budget.rounds ?? Infinity)
    const judge = { verifier, critic, rubric, task, critiqueTokens }
    const seen = new Set<string>()
    let best: Judged | undefined
    let since = 0
    for (let round = 0; ; round++) {
      run.emit({ type: 'round-start', round })
      const { prompt, stop } = best === undefined ? draftPrompt(model, task) : await revisionOf(best, round)
      const purpose = best === undefined ? 'draft' : 'revise'
      const answer = await run.ask(model, prompt, { purpose, path: [purpose, round], maxTokens, temperature, stop })
      const draft = answer.text.trim()
      // A draft that came before is no better than it was.
      const judged = seen.has(draft) ? undefined : await judgeDraft(run, draft, round, judge)
      seen.add(draft)
      if (judged !== undefined && isBetter(judged.verdict, best?.verdict)) {
        best = judged
        since = 0
      } else since++
      if (judged?.verdict.passed === true) return 'passed'
      if ((judged?.verdict.score ?? 0) >= threshold) return 'threshold'
      if (since >= patience) return 'plateau'
      if (round === mostRounds) return mostRounds === rounds ? 'exhausted' : 'budget-rounds'
    }

    async function revisionOf(from: Judged, round: number) {
      const { draft, index, verdict } = from
      const asked = { task, draft, rubric, feedback: verdict.feedback }
      // The same critique again would lead to the same revision.
      const how = { path: ['critique', round], maxTokens: critiqueTokens, temperature: since === 0 ? 0 : temperature }
      const critique = (since === 0 ? from.critique : undefined) ?? (await criticise(run, critic, asked, how))
      run.emit({ type: 'critique-add', index, critique })
      return revisionPrompt(model, { task, draft, feedback: verdict.feedback, critique })
    }
  })
}

interface Judge {
  readonly verifier: Verifier<string> | undefined
  readonly critic: LanguageModel
  readonly rubric: readonly string[]
  readonly task: string
  readonly critiqueTokens: number
}

async function judgeDraft(run: Run<string>, draft: string, round: number, judge: Judge): Promise<Judged> {
  const { verifier, critic, task, rubric, critiqueTokens: maxTokens } = judge
  const index = run.propose(draft)
  if (verifier !== undefined) {
    return { draft, index, verdict: await run.verify(verifier, draft, index), critique: undefined }
  }
  const asked = { task, draft, rubric, feedback: '' }
  const how = { path: ['judge', round], maxTokens, temperature: 0 }
  const critique = critic.can.score ? undefined : await criticise(run, critic, asked, how)
  const score = critique === undefined ? await scoreDraft(run, critic, asked) : (critique.score ?? 0)
  const verdict = { passed: false, score, feedback: '' }
  run.judge(draft, index, verdict, false)
  return { draft, index, verdict, critique }
}

function draftPrompt(model: LanguageModel, task: string): PreparedPrompt {
  const example = {
    input: 'Say in two sentences what a lighthouse is.',
    output:
      'A lighthouse is a tower on the coast with a strong lamp at its top. ' +
      'At night its light warns ships of rocks and shows them the way.',
  }
  const instruction = { task: 'Tasks and texts that fulfil them.', input: task, inputName: 'Task', outputName: 'Text' }
  if (!model.can.chat) return withParagraphs(prepareInstruction(model, { ...instruction, examples: [example] }))
  return prepareInstruction(model, { task })
}

interface Revision {
  readonly task: string
  readonly draft: string
  readonly feedback: string
  readonly critique: Critique
}

function revisionPrompt(model: LanguageModel, { task, draft, feedback, critique }: Revision): PreparedPrompt {
  const issues = critique.issues.map(({ quote, problem, fix }) => {
    const place = quote.trim() === '' ? '' : `"${quote.trim()}": `
    return `- ${place}${problem} ${fix}`
  })
  const input = [draftText({ task, draft, feedback }), ...(issues.length === 0 ? [] : ['Issues:', ...issues])].join(
    '\n',
  )
  const instruction = {
    task: 'Rewrite the draft: solve every issue and what the check says, keep what is good. Answer with the whole new text and nothing else.',
    input,
    outputName: 'Text',
  }
  return model.can.chat
    ? prepareInstruction(model, instruction)
    : withParagraphs(prepareInstruction(model, { ...instruction, examples: [revisionExample] }))
}

const revisionExample = {
  input: [
    'Task: Say in two sentences what bees do for people.',
    'Draft: Bees make honey. They are yellow.',
    'Issues:',
    '- "They are yellow": This does nothing for people. Say that bees pollinate fruit.',
  ].join('\n'),
  output: 'Bees make honey and wax. They also pollinate the fruit and vegetables that people eat.',
}

/** A text may have paragraphs: only the next example ends it. */
const withParagraphs = ({ prompt, stop }: PreparedPrompt): PreparedPrompt => ({
  prompt,
  stop: stop.filter((text) => text.trim() !== ''),
})

function checkOptions(task: string, rounds: number, threshold: number): void {
  if (task.trim() === '') throw new OstroError('input-empty', 'reflection: a task expected, got an empty one.')
  checkCount('reflection', 'rounds', rounds, 0)
  if (threshold >= 0 && threshold <= 1) return
  const message = `reflection: a threshold from 0 to 1 expected, got ${threshold}.`
  throw new OstroError('invalid-argument', message, { threshold })
}
