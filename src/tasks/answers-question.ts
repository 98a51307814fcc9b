/** Whether a sentence answers a question, or is only a true sentence of the same documents. */
import type { Passage } from '../retrieval/citations.ts'
import { sharedWords, wordsOf } from '../retrieval/shared-words.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'
import { namesOf } from './facts.ts'

/** Share of the question's words in sentence and quotes from which no model is asked. */
const sureShare = 0.34
/** Nats by which each token of the question has to become more probable after the sentence. */
const leastGain = 1

/**
 * Judges by the words that question, sentence and quotes share; where they share few, by how much more probable the sentence makes the
 * question (pointwise mutual information). A model that cannot tell is believed.
 */
export function answersQuestion<C>(run: Run<C>, model: LanguageModel, question: string) {
  const words = wordsOf(question)
  const scoreAfter = async (lead: string): Promise<{ readonly logprob: number; readonly tokens: number }> => {
    const [score] = await run.score(model, `${lead}Question:`, [` ${question}`])
    return score
  }
  let plain: ReturnType<typeof scoreAfter> | undefined
  return async (sentence: string, quotes: readonly string[]): Promise<boolean> => {
    const said = [sentence, ...quotes].join(' ')
    if (words.size === 0 || sharedWords(words, said) >= sureShare || !model.can.score) return true
    plain ??= scoreAfter('')
    const [informed, alone] = [await scoreAfter(`${said}\n`), await plain]
    return informed.logprob - alone.logprob >= leastGain * alone.tokens
  }
}

/**
 * Whether what a sentence rests on is about another thing than the question: it lacks a name of the question, and a passage that has them
 * all was given. Things of one kind are told of in the same words, so that shared words do not tell them apart.
 */
export function isAboutAnother(question: string, passages: readonly Passage[]) {
  const names = namesOf(question, new Set())
  const hasAll = (text: string): boolean => names.every((name) => hasWord(text, name))
  const isNamed = names.length > 0 && passages.some(({ text }) => hasAll(text))
  return (sentence: string, quotes: readonly string[]): boolean => {
    const origins = passages.filter(({ text }) => quotes.some((quote) => text.includes(quote)))
    return isNamed && !hasAll([sentence, ...origins.map(({ text }) => text)].join(' '))
  }
}

function hasWord(text: string, name: string): boolean {
  const words = new Set<string>(text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu))
  return words.has(name.toLowerCase())
}
