/**
 * What many texts say: their sentences are grouped by meaning, each group is put into one sentence that its members support, and code
 * counts the texts that say it. Every count can be opened: it is a list of places.
 */
import { sharedWords, wordsOf } from '../retrieval/shared-words.ts'
import { sentencesOf, type Span } from '../retrieval/sentences.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'
import { countWords } from './central-sentences.ts'
import { clusterVectors, wordVectors } from './cluster.ts'
import { dot, readSource } from './source-support.ts'
import { finishedSentences } from './summary-sentences.ts'
import { finishTask, type TaskEnd } from './task-run.ts'
import { textPrompt } from './text-prompt.ts'

export interface InsightsOptions extends RunOptions {
  /** Sentences that have nothing to do with it are left out. Default: all count. */
  readonly question?: string | undefined
  /** Least texts that an insight is said in. Default 2. */
  readonly leastTexts?: number | undefined
  /** Groups sentences by meaning. Default: by shared words. */
  readonly encoder?: SentenceEncoder | undefined
}

export interface Mention extends Span {
  /** Index of the text, from 0; the span is a place in it. */
  readonly text: number
}

export interface Insight {
  readonly sentence: string
  /** Texts that say it: counted, not guessed. */
  readonly texts: number
  readonly mentions: readonly Mention[]
}

export interface Insights {
  /** Said by most texts first. */
  readonly insights: readonly Insight[]
  /** Sentences of all texts, and those in no insight. */
  readonly claims: number
  readonly single: number
}

/**
 * @throws OstroError `input-empty` where no text has a sentence, `invalid-argument`, `aborted`
 * @example
 * const { insights: found } = await insights(model, reviews, { encoder })
 */
export async function insights(
  model: LanguageModel,
  texts: readonly string[],
  options: InsightsOptions = {},
): Promise<Insights & TaskEnd> {
  return finishTask('insights', insightsEvents(model, texts, options))
}

/** `insights` as it works. @throws as `insights` */
export function insightsEvents(
  model: LanguageModel,
  texts: readonly string[],
  options: InsightsOptions = {},
): AsyncGenerator<RunEvent<Insights>, void, void> {
  const { question, leastTexts = 2, encoder } = options
  const all = texts.flatMap((text, index) => claimsOf(text, index))
  if (all.length === 0) throw new OstroError('input-empty', 'insights: texts with sentences expected, got none.')
  if (!Number.isSafeInteger(leastTexts) || leastTexts < 1) {
    throw new OstroError('invalid-argument', `insights: leastTexts of at least 1 expected, got ${leastTexts}.`)
  }
  return startRun('insights', options, async (run) => {
    if (encoder === undefined) run.warn('by-words', wordsAlone)
    const { claims, vectors } = await relevantClaims(run, all, question, encoder)
    const groups = clusterVectors(vectors, encoder === undefined ? leastWordCosine : leastCosine)
      .map((members) => groupOf(members.map((member) => ({ ...claims[member], vector: vectors[member] }))))
      .filter(({ members }) => textsIn(members) >= leastTexts)
      .toSorted((a, b) => textsIn(b.members) - textsIn(a.members))
    const single = claims.length - groups.reduce((sum, { members }) => sum + members.length, 0)
    // Until the model has spoken, a group is named by its most typical member.
    const found = groups.map(({ typical, members }) => insightOf(typical.sentence, members))
    const keep = (): void => run.keep({ insights: [...found], claims: claims.length, single }, undefined, true)
    keep()
    for (const [done, group] of groups.entries()) {
      run.emit({ type: 'progress', stage: 'name', done, total: groups.length })
      found[done] = insightOf(await nameGroup(run, model, group, encoder, done), group.members)
      keep()
    }
    return 'answered'
  })
}

/** Mean cosines from which groups say the same: chosen on the development half of the reviews of `ostro eval tasks insights`. */
const leastCosine = 0.3
const leastWordCosine = 0.1
/** Cosine from which a sentence has to do with a question. */
const relatedCosine = 0.3

interface Claim extends Mention {
  readonly sentence: string
}

interface Group {
  readonly members: readonly (Claim & { readonly vector: Float32Array })[]
  /** The member nearest to all of them. */
  readonly typical: Claim
  /** Its mean cosine with them. */
  readonly cosine: number
}

function groupOf(members: Group['members']): Group {
  const cosines = members.map(({ vector }) => meanCosine(vector, members))
  const cosine = Math.max(...cosines)
  return { members, typical: members[cosines.indexOf(cosine)], cosine }
}

function meanCosine(vector: Float32Array, members: Group['members']): number {
  return members.reduce((sum, member) => sum + dot(vector, member.vector), 0) / members.length
}

const wordsAlone =
  'Without a sentence encoder only remarks that share words count as the same. Lend one, such as minilm:l6 (ostro pull minilm:l6).'

/** Sentences of three words and more. */
function claimsOf(text: string, index: number): Claim[] {
  return sentencesOf(text)
    .map(({ start, end }) => ({ text: index, start, end, sentence: text.slice(start, end).replaceAll(/\s+/g, ' ') }))
    .filter(({ sentence }) => countWords(sentence) >= 3)
}

async function relevantClaims(
  run: Run<Insights>,
  claims: readonly Claim[],
  question: string | undefined,
  encoder: SentenceEncoder | undefined,
): Promise<{ readonly claims: readonly Claim[]; readonly vectors: readonly Float32Array[] }> {
  const sentences = claims.map(({ sentence }) => sentence)
  const asked = question === undefined ? [] : [question]
  const vectors =
    encoder === undefined
      ? wordVectors([...sentences, ...asked].map(wordsOf))
      : await encoder.embed([...sentences, ...asked], { truncate: true, signal: run.signal })
  if (question === undefined) return { claims, vectors }
  const wanted = vectors[claims.length]
  const words = wordsOf(question)
  const kept = [...claims.keys()].filter(
    (index) =>
      sharedWords(words, sentences[index]) > 0 ||
      (encoder !== undefined && dot(vectors[index], wanted) >= relatedCosine),
  )
  return { claims: kept.map((index) => claims[index]), vectors: kept.map((index) => vectors[index]) }
}

function textsIn(members: readonly Mention[]): number {
  return new Set(members.map(({ text }) => text)).size
}

function insightOf(sentence: string, members: readonly Mention[]): Insight {
  const mentions = members.map(({ text, start, end }) => ({ text, start, end }))
  return { sentence, texts: textsIn(members), mentions }
}

/** Members that the model is shown. */
const shownMembers = 8
const nameTokens = 48

/**
 * One sentence for a group, by the model where it says no more than a member does, nothing that they do not say, and what they have in
 * common at least as well as the most typical one; else that one.
 */
async function nameGroup(
  run: Run<Insights>,
  model: LanguageModel,
  { members, typical, cosine }: Group,
  encoder: SentenceEncoder | undefined,
  path: number,
): Promise<string> {
  const text = members
    .slice(0, shownMembers)
    .map(({ sentence }) => `- ${sentence}`)
    .join('\n')
  const request = 'Write one short sentence that says what all these remarks say, in their language.'
  const { prompt, stop } = textPrompt(model, { text, request, examples, inputName: 'Remarks', outputName: 'Summary' })
  const asked = { purpose: 'name', path: [path], temperature: 0, maxTokens: nameTokens, stop }
  const [sentence] = finishedSentences((await run.ask(model, prompt, asked)).text)
  if (sentence === undefined) return typical.sentence
  // Small models string remarks together: such a name is longer than any of them.
  const mostWords = Math.max(...members.map((member) => countWords(member.sentence)))
  const source = readSource(members.map((member) => member.sentence).join('\n\n'))
  if (countWords(sentence) > mostWords || source.check(sentence).fault !== '') return typical.sentence
  const [vector] = (await encoder?.embed([sentence], { truncate: true, signal: run.signal })) ?? []
  return vector === undefined || meanCosine(vector, members) >= cosine ? sentence : typical.sentence
}

const examples = [
  {
    input: '- The rooms were cold.\n- It was freezing in our room.\n- The heating in the room did not work.',
    output: 'The rooms were cold.',
  },
]
