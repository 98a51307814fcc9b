/** A model's criticism of a draft: issues that quote their place, and a score, by a rubric. */
import * as z from 'zod'
import { findQuote } from '../../retrieval/find-quote.ts'
import type { LanguageModel, Prompt } from '../../tools/language-model.ts'
import { prepareInstruction } from '../../tools/steps/instruction.ts'
import type { Run } from '../../tools/steps/run.ts'
import { askJson } from '../ask-json.ts'
import { expectedScore } from '../expected-score.ts'

export interface Issue {
  /** Words of the draft; empty where something is missing. */
  readonly quote: string
  readonly problem: string
  readonly fix: string
}

export interface Critique {
  /** Those whose quote stands in the draft. */
  readonly issues: readonly Issue[]
  /** 0 to 1, as the critic says; undefined where its answers could not be read. */
  readonly score: number | undefined
  /** Issues that were left out because the draft does not have the words that they quote. */
  readonly dropped: number
}

/** What a draft is judged by where its user says nothing else. */
export const defaultRubric: readonly string[] = [
  'Fulfilment: it does what the task asks, all of it and nothing else.',
  'Correctness: what it says is true and follows.',
  'Completeness: nothing that the reader needs is missing.',
  'Clarity: it is well ordered and easy to understand.',
  'Length: it is as long as the task asks, without padding.',
]

export interface DraftToJudge {
  readonly task: string
  readonly draft: string
  readonly rubric: readonly string[]
  /** What a verifier has said of it; empty where nothing. */
  readonly feedback: string
}

const mostIssues = 5

const text = z.string().max(300)
const critiqueSchema = z.strictObject({
  issues: z.array(z.strictObject({ quote: text, problem: text, fix: text })).max(mostIssues),
  score: z.int().min(0).max(10),
})

/** Asks a model for the issues of a draft. @throws what the model throws */
export async function criticise<C>(
  run: Run<C>,
  critic: LanguageModel,
  input: DraftToJudge,
  options: {
    readonly path: readonly (string | number)[]
    readonly maxTokens: number
    /** Of the first try; repairs are freer. */
    readonly temperature: number
  },
): Promise<Critique> {
  const asked = { ...options, purpose: 'critique' }
  const read = await askJson(run, critic, critiquePrompt(critic, input), critiqueSchema, asked)
  return read === undefined ? { issues: [], score: undefined, dropped: 0 } : withoutMisquotes(read, input.draft)
}

/**
 * How good a model finds a draft, 0 to 1: its expected mark.
 * @throws OstroError `unsupported` where it tells no probabilities
 */
export function scoreDraft<C>(run: Run<C>, critic: LanguageModel, input: DraftToJudge): Promise<number> {
  const { prompt } = prepareInstruction(critic, {
    task: `Give the draft of a text a mark from 0/10 to 10/10. Answer with the mark alone.\n${rubricText(input.rubric)}`,
    input: draftText(input),
    outputName: 'Mark',
    examples: examplesFor(critic, [
      { input: draftText({ ...goodExample, feedback: '' }), output: '9/10' },
      { input: draftText({ ...weakExample, feedback: '' }), output: '3/10' },
    ]),
  })
  return expectedScore(run, critic, prompt)
}

function critiquePrompt(critic: LanguageModel, input: DraftToJudge): Prompt {
  const task =
    `You judge the draft of a text. Name at most ${mostIssues} issues, the worst first. Each has a quote: words of the draft, copied ` +
    'exactly, or nothing where something is missing; the problem; and the fix. Then give the whole draft a score from 0 to 10.\n' +
    rubricText(input.rubric)
  return prepareInstruction(critic, {
    task,
    input: draftText(input),
    outputName: 'Issues',
    examples: examplesFor(critic, [{ input: draftText({ ...weakExample, feedback: '' }), output: weakCritique }]),
  }).prompt
}

const rubricText = (rubric: readonly string[]): string =>
  ['What counts:', ...rubric.map((criterion) => `- ${criterion}`)].join('\n')

/** A task and a draft as models read them. */
export function draftText({ task, draft, feedback }: Omit<DraftToJudge, 'rubric'>): string {
  return [`Task: ${task}`, `Draft: ${draft}`, ...(feedback === '' ? [] : [`A check says: ${feedback}`])].join('\n')
}

/** Chat models do what they are told; the examples would only cost them tokens. */
const examplesFor = <Example>(model: LanguageModel, examples: readonly Example[]): readonly Example[] =>
  model.can.chat ? [] : examples

const goodExample = {
  task: 'Say in one sentence what a lighthouse is for.',
  draft: 'A lighthouse warns ships of the coast at night and shows them their way.',
}
const weakExample = {
  task: 'Say in two sentences what bees do for people.',
  draft: 'Bees are insects that make honey. They have six legs and they are yellow.',
}
const weakCritique = JSON.stringify({
  issues: [
    {
      quote: 'They have six legs and they are yellow',
      problem: 'This does nothing for people.',
      fix: 'Say that bees pollinate fruit and vegetables.',
    },
  ],
  score: 4,
} satisfies z.infer<typeof critiqueSchema>)

function withoutMisquotes({ issues, score }: z.infer<typeof critiqueSchema>, draft: string): Critique {
  const kept = issues.filter(({ quote }) => quote.trim() === '' || findQuote(quote, draft) !== undefined)
  return { issues: kept, score: score / 10, dropped: issues.length - kept.length }
}
