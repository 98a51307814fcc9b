/**
 * Answers out of documents, each sentence with the words that it rests on. A model's markers are not believed: code looks for the quote in
 * the passage that is named, or, where none is, in all that were given, and what is found nowhere goes back to the model once.
 */
import type { Passage } from '../retrieval/citations.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { prepareInstruction } from '../tools/steps/instruction.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'
import { type AnswerSentence, checkAnswer, saysNotFound, withMarkers } from './answer-sentences.ts'
import { answersQuestion, isAboutAnother } from './answers-question.ts'
import { passagesOf } from './passages-of.ts'
import { rankPassages } from './rank-passages.ts'
import { readSource, type Source } from './source-support.ts'
import { checkNotEmpty, finishTask, type TaskEnd } from './task-run.ts'
import { fence } from './text-prompt.ts'

/** Finds passages for a question: an index of documents does. */
export interface PassageSearch {
  search(
    question: string,
    options: { readonly limit: number; readonly signal: AbortSignal },
  ): Promise<readonly Passage[]>
}

export interface AnswerOptions extends RunOptions {
  /** Most passages that the model is given, best first. Default 8. */
  readonly mostPassages?: number | undefined
  /** Most tokens of the answer. Default 256. */
  readonly maxTokens?: number | undefined
  /** Finds passages by meaning beside words, where documents are given. */
  readonly encoder?: SentenceEncoder | undefined
}

export interface CitedAnswer {
  /** Its supported sentences with markers `[n]`; empty where the documents do not answer the question. */
  readonly answer: string
  /** False where no sentence is supported and to the point. */
  readonly answered: boolean
  /** All that the model came to, what is not supported included. */
  readonly sentences: readonly AnswerSentence[]
  /** What the model was given; `[1]` is the first. */
  readonly passages: readonly Passage[]
}

/**
 * Answers a question from documents, or from what a search finds. The documents are data: what they ask for is not done. Documents that
 * do not fit are cut into passages, of which the best are given.
 *
 * @throws OstroError `input-empty` for no question or no document; `context-overflow` where not one passage fits; `budget-reached`
 * @example
 * const found = await answer(model, 'How high is the tower?', [{ id: 'guide.md', text }])
 */
export async function answer(
  model: LanguageModel,
  question: string,
  documents: readonly Passage[] | PassageSearch,
  options: AnswerOptions = {},
): Promise<CitedAnswer & TaskEnd> {
  return finishTask('answer', answerEvents(model, question, documents, options))
}

/** `answer` as it works. @throws as `answer` */
export function answerEvents(
  model: LanguageModel,
  question: string,
  documents: readonly Passage[] | PassageSearch,
  options: AnswerOptions = {},
): AsyncGenerator<RunEvent<CitedAnswer>, void, void> {
  const { mostPassages = 8, maxTokens = 256, encoder } = options
  checkNotEmpty('answer', question, 'a question')
  if ('length' in documents && documents.every(({ text }) => text.trim() === '')) {
    throw new OstroError('input-empty', 'answer: at least one document with text expected, got none.')
  }
  return startRun('answer', options, async (run) => {
    const found = await findPassages(run, question, documents, { mostPassages, encoder })
    const passages = await fitPassages(run, model, question, found, maxTokens)
    run.emit({ type: 'progress', stage: 'found', done: passages.length, total: found.length })
    const answers = answersQuestion(run, model, question)
    const isBeside = isAboutAnother(question, passages)
    const fits = async (sentence: string, quotes: readonly string[]): Promise<boolean> =>
      !isBeside(sentence, quotes) && answers(sentence, quotes)
    const sources = passages.map(({ text }) => readSource(text))
    const ask = async (prompted: ReturnType<typeof answerPrompt>, purpose: string): Promise<string> => {
      const { prompt, stop } = prompted
      return (await run.ask(model, prompt, { purpose, path: [purpose], temperature: 0, maxTokens, stop })).text
    }
    const keep = (sentences: readonly AnswerSentence[]): void => run.keep(compose(sentences, passages), undefined, true)

    const first = await ask(answerPrompt(model, question, passages), 'answer')
    let sentences = await checkAnswer(first, passages, sources, fits)
    keep(sentences)
    const failed = sentences.filter(({ state }) => state === 'unsupported')
    if (failed.length > 0 && !saysNotFound(first)) {
      const evidence = nearestSentences(question, failed, sources)
      const shown = evidence.map(({ text }, index) => ({ id: String(index), text }))
      const answered = await ask(answerPrompt(model, question, shown), 'repair')
      // Its markers count what it was shown.
      const again = answered.replaceAll(/\[(\d+)\]/g, (_, n: string) => `[${evidence.at(Number(n) - 1)?.n ?? 0}]`)
      const repaired = await checkAnswer(again, passages, sources, fits)
      sentences = merge(sentences, repaired)
      keep(sentences)
    }
    return 'answered'
  })
}

async function findPassages(
  run: Run<CitedAnswer>,
  question: string,
  documents: readonly Passage[] | PassageSearch,
  { mostPassages, encoder }: Pick<AnswerOptions, 'encoder'> & { readonly mostPassages: number },
): Promise<readonly Passage[]> {
  const { signal } = run
  if ('search' in documents) return documents.search(question, { limit: mostPassages, signal })
  return rankPassages(question, await passagesOf(documents), { limit: mostPassages, encoder, signal })
}

/** As many of the best passages as prompt and answer leave room for. */
async function fitPassages(
  run: Run<CitedAnswer>,
  model: LanguageModel,
  question: string,
  found: readonly Passage[],
  maxTokens: number,
): Promise<readonly Passage[]> {
  const room = Math.min(model.contextTokens, run.ledger.left('tokens')) - maxTokens
  let given = found
  for (;;) {
    const { prompt } = answerPrompt(model, question, given)
    const tokens = await model.countTokens(prompt)
    if (tokens <= room) break
    if (given.length <= 1) {
      const message = `answer: question and one passage have ${tokens} tokens, ${Math.max(0, room)} are left beside the answer. Give shorter passages, a larger context or budget.`
      throw new OstroError('context-overflow', message, { promptTokens: tokens, room })
    }
    given = given.slice(0, -1)
  }
  if (given.length < found.length) {
    run.warn('passages-left-out', `${given.length} of ${found.length} passages fit the model's context.`)
  }
  return given
}

const request =
  'Answer the question in one or two sentences, from the passages only. If they do not say it, answer "not found".'

function answerPrompt(model: LanguageModel, question: string, passages: readonly Passage[]) {
  const text = passages.map((passage, index) => `[${index + 1}] ${passage.text}`).join('\n\n')
  if (model.can.chat) {
    return prepareInstruction(model, { task: `${fence(text, 'passages')}\n\n${request}\n\nQuestion: ${question}` })
  }
  const input = `${text.replaceAll(/\s*\n\s*/g, '\n')}\nQuestion: ${question}`
  const asked = { task: request, input, examples, inputName: 'Passages', outputName: 'Answer' }
  // A base model goes on with the next question.
  return { ...prepareInstruction(model, asked), stop: ['\n'] }
}

const examples = [
  {
    input: '[1] The school was painted green in 1950.\nQuestion: Who is the head of the school?',
    output: 'not found',
  },
  {
    input:
      '[1] The ferry to Ness leaves at eight and at noon. It does not take cars.\n[2] Ness has one inn, with six rooms.\nQuestion: How many rooms does the inn on Ness have?',
    output: 'The inn on Ness has six rooms [2].',
  },
]

/**
 * Of the passages, the sentences nearest to what was not supported and to the question: of less text, small models say fewer wrong things
 * than when they are told their faults.
 */
function nearestSentences(question: string, failed: readonly AnswerSentence[], sources: readonly Source[]) {
  const wanted = [question, ...failed.map(({ text }) => `${question} ${text}`)]
  const nearest = wanted.map((sentence) => {
    const checked = sources.map((source, at) => ({ n: at + 1, ...source.check(sentence) }))
    const best = checked.reduce((a, b) => (b.score > a.score ? b : a))
    return { n: best.n, text: sources[best.n - 1].text.slice(best.start, best.end) }
  })
  return nearest.filter(({ text }, index) => nearest.findIndex((other) => other.text === text) === index)
}

/** Supported sentences of both answers, each once, and what no later sentence took the place of. */
function merge(first: readonly AnswerSentence[], second: readonly AnswerSentence[]): AnswerSentence[] {
  const supported = [...first, ...second].filter(({ state }) => state === 'supported')
  const unique = supported.filter(({ text }, index) => supported.findIndex((other) => other.text === text) === index)
  const failed = [...first, ...second].filter(({ state }) => state === 'unsupported')
  return [...unique, ...failed.filter(({ text }, index) => failed.findIndex((other) => other.text === text) === index)]
}

function compose(sentences: readonly AnswerSentence[], passages: readonly Passage[]): CitedAnswer {
  const supported = sentences.filter(({ state }) => state === 'supported')
  const cited = supported.map(({ text, citations }) => withMarkers(text, [...new Set(citations.map(({ n }) => n))]))
  return { answer: cited.join(' '), answered: supported.length > 0, sentences, passages }
}
