/** Cuts a text to what a budget lets a model read: nothing is left out in silence. */
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'
import { sentencesOf } from '../retrieval/sentences.ts'
import { centralSentences, countWords } from './central-sentences.ts'
import { partsOf } from './text-parts.ts'

/** Tokens of template and request around a part. */
const requestTokens = 160

export interface ReadingPlan {
  /** Tokens of the answer about one part. */
  readonly answerTokens: number
  /** Tokens to leave for what comes after the reading. */
  readonly keepTokens: number
}

/**
 * The parts of a text that a model can read one by one within what is left of the budget. Where the whole text does not fit the budget,
 * each part is cut down to its central sentences, with a warning that says how much was kept.
 */
export async function partsWithin<C>(
  run: Run<C>,
  model: LanguageModel,
  text: string,
  { answerTokens, keepTokens }: ReadingPlan,
): Promise<string[]> {
  const mostTokens = Math.floor(model.contextTokens / 4)
  const count = (part: string): Promise<number> => model.countTokens(part)
  const parts = (await partsOf(text, mostTokens, count)).map(({ start, end }) => text.slice(start, end))
  const tokens = (await Promise.all(parts.map(count))).reduce((sum, own) => sum + own, 0)
  const left = run.ledger.left('tokens') - (parts.length > 1 ? keepTokens : 0)
  const around = parts.length * (requestTokens + answerTokens)
  if (tokens + around <= left) return parts
  // Shortened parts are fewer, so what stands around them shrinks by the same share.
  const share = Math.max(0, left) / (tokens + around)
  const shortened = parts.map((part) => shorten(part, share)).filter((part) => part !== '')
  const kept = shortened.reduce((sum, part) => sum + part.length, 0) / text.length
  const percent = Math.round(100 * kept)
  run.warn('text-shortened', `The budget suffices for ${percent} % of the text; its central sentences were read.`)
  if (shortened.length === 0) return []
  const joined = shortened.join('\n\n')
  return (await partsOf(joined, mostTokens, count)).map(({ start, end }) => joined.slice(start, end))
}

/** A margin for sentences with more tokens a word than the rest. */
const margin = 0.9

function shorten(part: string, share: number): string {
  const mostWords = Math.floor(countWords(part) * share * margin)
  return centralSentences(part, sentencesOf(part), mostWords)
    .map(({ start, end }) => part.slice(start, end))
    .join(' ')
}
