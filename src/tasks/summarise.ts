/**
 * Summaries that can be traced: every sentence is led back to a sentence of the source, and what the source does not say is written anew
 * from its nearest passage once, then left out and listed. Long texts are summarised part by part, then the parts' summaries together.
 */
import { sentencesOf } from '../retrieval/sentences.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { type Run, type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'
import { countWords } from './central-sentences.ts'
import { type CheckedClaim, readSource, type Source, type Support } from './source-support.ts'
import { finishedSentences, fitSentences, quotedSentences } from './summary-sentences.ts'
import { checkNotEmpty, finishTask, type TaskEnd } from './task-run.ts'
import { partsWithin } from './text-budget.ts'
import { textPrompt } from './text-prompt.ts'

export interface SummariseOptions extends RunOptions {
  /** Most words of the summary, at least 5. Default 120. */
  readonly maxWords?: number | undefined
  /** `paragraph` (default), or `bullets`: one sentence a line. */
  readonly style?: 'paragraph' | 'bullets' | undefined
  /** What the summary is to be about, where the text is about several things. */
  readonly focus?: string | undefined
  /** Finds the sources of sentences that say it with other words. Default: by shared words alone. */
  readonly encoder?: SentenceEncoder | undefined
}

export interface DroppedSentence {
  readonly sentence: string
  /** Why it was left out. */
  readonly fault: string
}

export interface Summary {
  readonly summary: string
  /** For each sentence of the summary, in order, where the source says it. */
  readonly support: readonly Support[]
  /** Sentences that the model wrote and that were left out. */
  readonly dropped: readonly DroppedSentence[]
  /** Parts of the text that were read one by one; 1 where it was read as a whole, 0 where the budget sufficed for none. */
  readonly parts: number
}

/**
 * Summarises a text of any length: parts of at most a quarter of the model's context, then their summaries together. With a budget too
 * small for the text, the parts' central sentences are read, with a warning; with one too small for that, they are the summary.
 *
 * @throws OstroError `input-empty`, `invalid-argument`, `aborted`
 * @example
 * const { summary, support } = await summarise(model, report, { maxWords: 80, budget: { tokens: 60_000 } })
 */
export async function summarise(
  model: LanguageModel,
  text: string,
  options: SummariseOptions = {},
): Promise<Summary & TaskEnd> {
  return finishTask('summarise', summariseEvents(model, text, options))
}

/** `summarise` as it works. @throws as `summarise` */
export function summariseEvents(
  model: LanguageModel,
  text: string,
  options: SummariseOptions = {},
): AsyncGenerator<RunEvent<Summary>, void, void> {
  const { maxWords = 120, style = 'paragraph' } = options
  checkNotEmpty('summarise', text)
  if (!Number.isSafeInteger(maxWords) || maxWords < 5) {
    throw new OstroError('invalid-argument', `summarise: maxWords of at least 5 expected, got ${maxWords}.`)
  }
  return startRun('summarise', options, async (run) => {
    const separator = style === 'bullets' ? '\n- ' : ' '
    const dropped: DroppedSentence[] = []
    let parts = 0
    const finish = (sentences: readonly Support[]): void => {
      const { kept, over } = fitSentences(sentences, maxWords)
      const left = over.map(({ sentence }) => ({ sentence, fault: 'The summary is long enough without it.' }))
      const body = kept.map(({ sentence }) => sentence).join(separator)
      const summary = style === 'bullets' ? `- ${body}` : body
      run.keep({ summary, support: kept, dropped: [...dropped, ...left], parts }, undefined, true)
    }
    const source = await readWithVectors(text, options, run.signal)
    const writer = createWriter(run, model, source, options)
    // Whatever ends the run from here on, there is a summary.
    finish(quotedSentences(source, maxWords))

    const answerTokens = tokensOf(partWords)
    const keepTokens = Math.floor(model.contextTokens / 4) + 4 * tokensOf(maxWords)
    let draft = await partsWithin(run, model, text, { answerTokens, keepTokens })
    parts = draft.length
    if (parts === 0) return 'budget-tokens'
    let notes: Support[] = []
    while (draft.length > 1) {
      const condensed = await writer.condense(draft)
      dropped.push(...condensed.flatMap((part) => part.dropped))
      notes = condensed.flatMap((part) => part.notes)
      finish(fewest(notes, maxWords))
      const joined = condensed.map((part) => textOf(part.notes)).join('\n\n')
      const next = await partsWithin(run, model, joined, { answerTokens, keepTokens })
      if (next.length >= draft.length || countWords(joined) <= maxWords) break
      draft = next
    }
    if (draft.length > 1 || (notes.length > 0 && countWords(textOf(notes)) <= maxWords)) return 'answered'
    const written = await writer.write(draft[0], maxWords)
    dropped.push(...written.dropped)
    // Of many parts' summaries a small model may leave next to nothing: then they say more by themselves.
    const least = Math.min(maxWords, countWords(textOf(notes))) * leastShare
    if (written.notes.length > 0 && countWords(textOf(written.notes)) >= least) finish(written.notes)
    else if (notes.length === 0) {
      finish(quotedSentences(source, maxWords))
      run.warn('quoted', 'No sentence of the model stood up to the source: the summary quotes the text.')
    } else finish(fewest(notes, maxWords))
    return 'answered'
  })
}

async function readWithVectors(text: string, { encoder }: SummariseOptions, signal: AbortSignal): Promise<Source> {
  if (encoder === undefined) return readSource(text)
  const sentences = sentencesOf(text).map(({ start, end }) => text.slice(start, end))
  // Tables and code may be one long sentence; their beginning tells enough of where something is from.
  return readSource(text, await encoder.embed(sentences, { truncate: true, signal }))
}

/** Tokens of an answer of that many words, with room for names and other languages than English. */
const tokensOf = (words: number): number => words * 2
/** Words of the summary of one part. */
const partWords = 60
/** Of the words that a summary could have, what it must have to stand for its parts. */
const leastShare = 0.25
/** Words of a sentence that is written anew. */
const repairWords = 30
/** Words of a sentence, for asking in sentences: small models count those better than words. */
const sentenceWords = 25

interface Written {
  /** What the source supports. */
  readonly notes: readonly Support[]
  readonly dropped: readonly DroppedSentence[]
}

function createWriter(run: Run<Summary>, model: LanguageModel, source: Source, options: SummariseOptions) {
  const { focus, encoder } = options
  let calls = 0
  const ask = async (text: string, mostWords: number, purpose: string): Promise<string[]> => {
    const { prompt, stop } = textPrompt(model, {
      text,
      request: requestOf(mostWords, focus),
      examples,
      outputName: 'Summary',
    })
    const maxTokens = tokensOf(mostWords)
    const answer = await run.ask(model, prompt, { purpose, path: [calls++], temperature: 0, maxTokens, stop })
    return finishedSentences(answer.text)
  }
  const check = async (sentence: string): Promise<CheckedClaim> => {
    if (speaksOfText.test(sentence) && !speaksOfText.test(source.text)) {
      return { ...source.check(sentence), fault: 'It speaks of the text, not of what the text says.' }
    }
    const [vector] =
      encoder === undefined ? [] : await encoder.embed([sentence], { truncate: true, signal: run.signal })
    return source.check(sentence, vector)
  }
  /** A sentence in place of one that the source does not support, written from the passage that is nearest to it. */
  const repair = async (claim: CheckedClaim): Promise<CheckedClaim | undefined> => {
    const [sentence] = await ask(passageAround(source, claim), repairWords, 'repair')
    return sentence === undefined ? undefined : check(sentence)
  }
  return {
    /** One summary of a text, repaired. */
    write: async (text: string, mostWords: number): Promise<Written> => {
      const notes: Support[] = []
      const dropped: DroppedSentence[] = []
      for (const sentence of await ask(text, mostWords, 'summary')) {
        const claim = await check(sentence)
        if (claim.fault === '') {
          notes.push(supportOf(claim))
          continue
        }
        dropped.push({ sentence, fault: claim.fault })
        const again = await repair(claim)
        if (again?.fault === '') notes.push(supportOf(again))
        else if (again !== undefined) dropped.push({ sentence: again.sentence, fault: again.fault })
      }
      return { notes: unique(notes), dropped }
    },
    /** A summary of each part; a part of which nothing stands up to the source speaks for itself. */
    condense: async (parts: readonly string[]): Promise<Written[]> => {
      const written: Written[] = []
      for (const [done, part] of parts.entries()) {
        run.emit({ type: 'progress', stage: 'read', done, total: parts.length })
        const claims = await Promise.all((await ask(part, partWords, 'part')).map(check))
        const notes = claims.filter(({ fault }) => fault === '').map(supportOf)
        const dropped = claims.filter(({ fault }) => fault !== '').map(({ sentence, fault }) => ({ sentence, fault }))
        written.push({ notes: notes.length > 0 ? notes : quotedSentences(source, partWords, part), dropped })
      }
      run.emit({ type: 'progress', stage: 'read', done: parts.length, total: parts.length })
      return written
    },
  }
}

/** How small models begin where they have nothing to say. */
const speaksOfText = /(?:^|[.!?]\s+)(?:the|this)\s+(?:text|passage|summary|article|document)\b/i

function requestOf(mostWords: number, focus: string | undefined): string {
  const sentences = Math.max(1, Math.round(mostWords / sentenceWords))
  const length = sentences === 1 ? 'one sentence' : `at most ${sentences} sentences`
  const about = focus === undefined ? '' : ` Say above all what it says about ${focus}.`
  return `Write a short summary of the text above, in ${length} and in the language of the text.${about}`
}

const examples = [
  {
    input:
      'The town of Holt has closed its old bridge. Engineers found cracks in two pillars in March. Cars must use the road by the mill until a new bridge opens, which will take about a year and cost four million.',
    output:
      'Holt has closed its old bridge because engineers found cracks in two pillars. Cars use the road by the mill until a new bridge opens in about a year.',
  },
]

const supportOf = ({ sentence, start, end, score }: CheckedClaim): Support => ({ sentence, start, end, score })
const textOf = (notes: readonly Support[]): string => notes.map(({ sentence }) => sentence).join(' ')

function unique(notes: readonly Support[]): Support[] {
  const kept = finishedSentences(notes.map(({ sentence }) => sentence).join('\n\n'))
  return notes.filter(
    ({ sentence }, index) =>
      kept.includes(sentence) && notes.findIndex((other) => other.sentence === sentence) === index,
  )
}

/** The most central of the notes that fit. */
function fewest(notes: readonly Support[], mostWords: number): Support[] {
  const text = notes.map(({ sentence }) => sentence).join('\n\n')
  const central = quotedSentences(readSource(text), mostWords).map(({ sentence }) => sentence)
  return notes.filter(({ sentence }) => central.includes(sentence))
}

/** The nearest sentence with its neighbours. */
function passageAround({ text, sentences }: Source, { start }: Support): string {
  const at = Math.max(
    0,
    sentences.findIndex((span) => span.start === start),
  )
  const from = sentences[Math.max(0, at - 1)]?.start ?? 0
  const upTo = sentences[Math.min(sentences.length - 1, at + 1)]?.end ?? text.length
  return text.slice(from, upTo)
}
