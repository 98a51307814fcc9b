/**
 * Corrections of grammar and spelling. A small model rewrites what it should correct, but knows well which of two sentences is better
 * English: so its rewritings are only proposals, beside the words that are often mixed up. Each single edit has to be a correction by its
 * form, and the sentence has to become clearly more probable by it (language models as judges of corrections: Bryant and Briscoe 2018).
 */
import type { LanguageModel } from '../tools/language-model.ts'
import { type PreparedPrompt, prepareInstruction } from '../tools/steps/instruction.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import { countWords } from './central-sentences.ts'
import { detectLanguage } from './language.ts'
import { sameProtected, sentencesAround } from './protected-spans.ts'
import { checkNotEmpty, finishTask, type TaskEnd } from './task-run.ts'
import { confusionsOf } from './word-confusions.ts'
import { applyEdits, diffWords, type Edit } from './word-diff.ts'
import { isCorrection, isPunctuation } from './word-likeness.ts'

export type CorrectOptions = RunOptions

export interface Correction {
  readonly text: string
  /** Places in the text that was given, in order: applied to it they make `text`. */
  readonly edits: readonly Edit[]
}

/**
 * Corrects a text sentence by sentence; what is not sure stays as it was. Code, addresses, placeholders and numbers never change.
 *
 * @throws OstroError `input-empty`, `context-overflow` for a sentence too long for the model, `aborted`
 * @example
 * const { text, edits } = await correct(model, 'She go to school every day.')
 */
export async function correct(
  model: LanguageModel,
  text: string,
  options: CorrectOptions = {},
): Promise<Correction & TaskEnd> {
  return finishTask('correct', correctEvents(model, text, options))
}

/** `correct` as it works. @throws as `correct` */
export function correctEvents(
  model: LanguageModel,
  text: string,
  options: CorrectOptions = {},
): AsyncGenerator<RunEvent<Correction>, void, void> {
  checkNotEmpty('correct', text)
  return startRun('correct', options, async (run) => {
    const sentences = sentencesAround(text).filter(({ start, end }) => /\p{L}/u.test(text.slice(start, end)))
    const edits: Edit[] = []
    const keep = (): void => run.keep({ text: applyEdits(text, edits), edits: [...edits] }, undefined, false)
    keep()
    for (const [done, { start, end }] of sentences.entries()) {
      run.emit({ type: 'progress', stage: 'correct', done, total: sentences.length })
      const own = await correctSentence(run, model, text.slice(start, end), done)
      edits.push(...own.map((edit) => ({ ...edit, start: edit.start + start, end: edit.end + start })))
      if (own.length > 0) keep()
    }
    run.emit({ type: 'progress', stage: 'correct', done: sentences.length, total: sentences.length })
    return 'answered'
  })
}

async function correctSentence(
  run: Run<Correction>,
  model: LanguageModel,
  sentence: string,
  index: number,
): Promise<readonly Edit[]> {
  const tokens = await model.countTokens(sentence)
  const prompts = promptsFor(model, sentence)
  const proposals: Edit[][] = []
  for (const [attempt, { prompt, stop }] of prompts.entries()) {
    const asked = { purpose: 'correct', path: [index, attempt], temperature: 0, maxTokens: 2 * tokens + 16, stop }
    const answer = readSentence((await run.ask(model, prompt, asked)).text)
    const edits = diffWords(sentence, answer)
    const usable =
      answer !== '' &&
      sameProtected(sentence, answer) &&
      changedWords(edits) <= Math.max(1, mostChanged * countWords(sentence))
    if (!usable) continue
    proposals.push(edits)
    if (!model.can.score) return edits
  }
  if (!model.can.score) return []
  const rewritten = proposals.flat().filter(isCorrection)
  const mixedUp = isEnglish(sentence) ? confusionsOf(sentence) : []
  const proposed = rewritten.map((edit) => ({ edit, least: isPunctuation(edit) ? leastGainOfSigns : leastGain }))
  const confused = mixedUp.map((edit) => ({
    edit,
    least: isPunctuation(edit) ? leastGainOfSigns : leastGainOfConfusions,
  }))
  return chooseEdits(run, model, sentence, unique([...confused, ...proposed]))
}

/** Share of a sentence's words that a correction may touch. */
const mostChanged = 0.4
/** Nats by which an edit has to make its sentence more probable. */
const leastGain = 3
/** The same for signs alone: a comma is mostly a matter of taste. */
const leastGainOfSigns = 7
/** The same where the model has not written the edit itself: the best of many is probable by chance. */
const leastGainOfConfusions = 5

interface Proposal {
  readonly edit: Edit
  readonly least: number
}

/** Short sentences tell little of their language: those count as English too. */
function isEnglish(sentence: string): boolean {
  const { code = 'en' } = detectLanguage(sentence) ?? {}
  return code === 'en'
}

/** Adds the edit that helps most, and again, until none helps enough. */
async function chooseEdits(
  run: Run<Correction>,
  model: LanguageModel,
  sentence: string,
  proposed: readonly Proposal[],
): Promise<readonly Edit[]> {
  let chosen: readonly Edit[] = []
  let open = proposed
  while (open.length > 0) {
    const variants = open.map(({ edit }) => [...chosen, edit])
    const texts = [chosen, ...variants].map((edits) => applyEdits(sentence, edits))
    const [now, ...scores] = await run.score(model, '\n', texts)
    const gains = scores.map(({ logprob }) => logprob - now.logprob)
    const margins = gains.map((gain, at) => gain - open[at].least)
    const best = margins.indexOf(Math.max(...margins))
    if (margins[best] < 0) break
    chosen = variants[best]
    const { edit: taken } = open[best]
    // What harms the sentence now will not help it later.
    open = open.filter(({ edit }, at) => gains[at] > 0 && (edit.end < taken.start || edit.start > taken.end))
  }
  return chosen.toSorted((a, b) => a.start - b.start)
}

function changedWords(edits: readonly Edit[]): number {
  const changed = edits.map(({ original, replacement }) => Math.max(countWords(original), countWords(replacement)))
  return changed.reduce((sum, count) => sum + count, 0)
}

/** Each edit once: as the last of those that are alike says. */
function unique(proposals: readonly Proposal[]): Proposal[] {
  const keyOf = ({ edit: { start, end, replacement } }: Proposal): string => JSON.stringify([start, end, replacement])
  return [...new Map(proposals.map((proposal) => [keyOf(proposal), proposal])).values()]
}

/** The first line that is no remark, without quotation marks that the model has put around it. */
function readSentence(answer: string): string {
  const line = answer.trim().split('\n')[0] ?? ''
  return /^"[^"]*"$/.test(line) ? line.slice(1, -1) : line.trim()
}

const request = 'Correct the grammar and spelling of this sentence. Write only the corrected sentence.'
const task = 'Correct grammar and spelling. Change nothing else. Answer with the sentence only.'
const examples = [
  { input: 'he have a car and two dog.', output: 'He has a car and two dogs.' },
  {
    input: 'I am writing to you because of the meeting.',
    output: 'I am writing to you because of the meeting.',
  },
  { input: 'She recieve the letter yesterday', output: 'She received the letter yesterday.' },
]

/**
 * Requests in the forms that models know: of a chat model in words and by examples, and as a text to be continued where its proposals
 * are judged anyway. Where they are not, the second is asked only if the first is of no use.
 */
function promptsFor(model: LanguageModel, sentence: string): PreparedPrompt[] {
  const shown = { task, input: sentence, examples, inputName: 'Before', outputName: 'After' }
  const continued = { ...prepareInstruction({ can: { ...model.can, chat: false } }, shown), stop: ['\n'] }
  if (!model.can.chat) return [continued]
  const said = prepareInstruction(model, { task: `${request}\n\n${sentence}` })
  const byExamples = prepareInstruction(model, shown)
  return model.can.score ? [said, byExamples, continued] : [said, byExamples]
}
