/**
 * Summaries that can be traced: every sentence is led back to a sentence of the source, and what the source does not say is written anew
 * from its nearest passage once, then left out and listed. What is left competes with the text's own sentences, for small models copy and
 * ramble: those stand in the summary that tell most in few words, whoever wrote them. Long texts are summarised part by part, then the parts' summaries together.
 */
import { sentencesOf } from '../retrieval/sentences.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import { type RunOptions, startRun } from '../tools/steps/run.ts'
import type { RunEvent } from '../tools/steps/run-event.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import { OstroError } from '../util/error.ts'
import { countWords } from './central-sentences.ts'
import { readSource, type Source } from './source-support.ts'
import { cutSentence, quotesOf } from './summary-sentences.ts'
import { createWriter, type DroppedSentence, type SummarySentence, tokensOf } from './summary-writer.ts'
import { checkNotEmpty, finishTask, type TaskEnd } from './task-run.ts'
import { createChooser } from './telling-sentences.ts'
import { partsWithin } from './text-budget.ts'

export interface SummariseOptions extends RunOptions {
  /** Most words of the summary, at least 5. Default 120. Of a short text no more than a third of its words is quoted. */
  readonly maxWords?: number | undefined
  /** `paragraph` (default), or `bullets`: one sentence a line. */
  readonly style?: 'paragraph' | 'bullets' | undefined
  /** What the summary is to be about, where the text is about several things. */
  readonly focus?: string | undefined
  /** Quotes the text only where nothing that the model writes stands up to it: for large models. Default false. */
  readonly ownWords?: boolean | undefined
  /** Knows which sentences tell most of the text, and where it says something with other words. Default: by words alone. */
  readonly encoder?: SentenceEncoder | undefined
}

export interface Summary {
  readonly summary: string
  /** For each sentence of the summary, in order, where the source says it. */
  readonly support: readonly SummarySentence[]
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
  const { maxWords = 120, style = 'paragraph', ownWords = false } = options
  checkNotEmpty('summarise', text)
  if (!Number.isSafeInteger(maxWords) || maxWords < 5) {
    throw new OstroError('invalid-argument', `summarise: maxWords of at least 5 expected, got ${maxWords}.`)
  }
  return startRun('summarise', options, async (run) => {
    const separator = style === 'bullets' ? '\n- ' : ' '
    const dropped: DroppedSentence[] = []
    let parts = 0
    const source = await readWithVectors(text, options, run.signal)
    const choose = createChooser({ encoder: options.encoder, focus: options.focus, signal: run.signal })
    const writer = createWriter(run, model, source, options)
    const finish = (sentences: readonly string[]): void => {
      const support = writer.trace(sentences).toSorted((a, b) => a.start - b.start)
      const body = support.map(({ sentence }) => sentence).join(separator)
      run.keep(
        { summary: style === 'bullets' ? `- ${body}` : body, support, dropped: [...dropped], parts },
        undefined,
        true,
      )
    }
    /** The sentences that tell most of a text: its own, and those that the model wrote of it. */
    const tellingOf = async (read: string, written: readonly string[], mostWords: number, by = choose) => {
      const quotes = quotesOf(read)
      const candidates = ownWords && written.length > 0 ? written : [...new Set([...written, ...quotes])]
      const chosen = await by(read, candidates, mostWords)
      return chosen.length > 0 ? chosen : quotes.slice(0, 1).map((sentence) => cutSentence(sentence, maxWords))
    }
    // Whatever ends the run from here on, there is a summary.
    const byWords = createChooser({ encoder: undefined, focus: options.focus, signal: run.signal })
    finish(await tellingOf(text, [], roomFor(text, [], maxWords), byWords))

    const answerTokens = tokensOf(partWords)
    const keepTokens = Math.floor(model.contextTokens / 4) + 4 * tokensOf(maxWords)
    let draft = await partsWithin(run, model, text, { answerTokens, keepTokens })
    parts = draft.length
    if (parts === 0) return 'budget-tokens'
    let notes: string | undefined
    while (draft.length > 1) {
      const condensed: string[] = []
      for (const [done, part] of draft.entries()) {
        run.emit({ type: 'progress', stage: 'read', done, total: draft.length })
        const noted = await writer.note(part, partWords)
        const chosen = await tellingOf(part, noted.sentences, roomFor(part, noted.sentences, partWords))
        dropped.push(...noted.dropped, ...leftOut(noted.sentences, chosen))
        condensed.push(chosen.join(' '))
      }
      run.emit({ type: 'progress', stage: 'read', done: draft.length, total: draft.length })
      notes = condensed.join('\n\n')
      finish(await tellingOf(notes, [], maxWords))
      const next = await partsWithin(run, model, notes, { answerTokens, keepTokens })
      if (next.length >= draft.length || countWords(notes) <= maxWords) break
      draft = next
    }
    if (draft.length > 1 || (notes !== undefined && countWords(notes) <= maxWords)) return 'answered'
    const [read] = draft
    const { sentences, dropped: refused } = await writer.write(read, maxWords)
    const chosen = await tellingOf(read, sentences, notes === undefined ? roomFor(read, sentences, maxWords) : maxWords)
    dropped.push(...refused, ...leftOut(sentences, chosen))
    finish(chosen)
    if (!chosen.some((sentence) => sentences.includes(sentence))) {
      run.warn(
        'quoted',
        'The summary quotes the text: it tells more than what the model wrote, as far as that stood up to it.',
      )
    }
    return 'answered'
  })
}

/** Words of the summary of one part. */
const partWords = 60
/** Of a text's words, what its summary quotes at most. */
const quotedShare = 1 / 3

/** Words of a summary: of a short text fewer than were allowed, for else it would be the text. */
function roomFor(text: string, written: readonly string[], mostWords: number): number {
  return Math.min(mostWords, Math.max(countWords(written.join(' ')), Math.ceil(countWords(text) * quotedShare)))
}

function leftOut(written: readonly string[], chosen: readonly string[]): DroppedSentence[] {
  const fault = 'Others tell more of the text in as many words.'
  return written.filter((sentence) => !chosen.includes(sentence)).map((sentence) => ({ sentence, fault }))
}

async function readWithVectors(text: string, { encoder }: SummariseOptions, signal: AbortSignal): Promise<Source> {
  if (encoder === undefined) return readSource(text)
  const sentences = sentencesOf(text).map(({ start, end }) => text.slice(start, end))
  // Tables and code may be one long sentence; their beginning tells enough of where something is from.
  return readSource(text, await encoder.embed(sentences, { truncate: true, signal }))
}
