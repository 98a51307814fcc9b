/** Whether a sentence answers a question, or is only a true sentence of the same documents. */
import { sharedWords, wordsOf } from '../retrieval/shared-words.ts'
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'

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
