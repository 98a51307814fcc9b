/** Writes of a text what the text supports: drafts by a model, each sentence checked, and where needed written anew once. */
import type { LanguageModel } from '../tools/language-model.ts'
import type { Run } from '../tools/steps/run.ts'
import type { SentenceEncoder } from '../tools/steps/step.ts'
import type { CheckedClaim, Source, Support } from './source-support.ts'
import { finishedSentences, squash } from './summary-sentences.ts'
import { textPrompt } from './text-prompt.ts'

/** A sentence of a summary, and where the source says it. */
export interface SummarySentence extends Support {
  /** Whether it is the text's own, word for word. */
  readonly quoted: boolean
}

export interface DroppedSentence {
  readonly sentence: string
  /** Why it was left out. */
  readonly fault: string
}

interface WriterOptions {
  readonly focus?: string | undefined
  readonly encoder?: SentenceEncoder | undefined
}

/** Tokens of an answer of that many words, with room for names and other languages than English. */
export const tokensOf = (words: number): number => words * 2
/** Words of a sentence that is written anew. */
const repairWords = 30
/** Words of a sentence, for asking in sentences: small models count those better than words. */
const sentenceWords = 25

interface Written {
  /** What the source supports. */
  readonly sentences: readonly string[]
  readonly dropped: readonly DroppedSentence[]
}

export function createWriter<C>(run: Run<C>, model: LanguageModel, source: Source, { focus, encoder }: WriterOptions) {
  let calls = 0
  const quotes = new Map(
    source.sentences.map(({ start, end }) => [squash(source.text.slice(start, end)), { start, end }] as const),
  )
  const claims = new Map<string, Support>()
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
    const claim = source.check(sentence, vector)
    if (claim.fault === '') claims.set(sentence, supportOf(claim))
    return claim
  }
  /** A sentence in place of one that the source does not support, written from the passage that is nearest to it. */
  const repair = async (claim: CheckedClaim): Promise<CheckedClaim | undefined> => {
    const [sentence] = await ask(passageAround(source, claim), repairWords, 'repair')
    return sentence === undefined ? undefined : check(sentence)
  }
  return {
    /** One summary of a text, repaired. */
    write: async (text: string, mostWords: number): Promise<Written> => {
      const sentences: string[] = []
      const dropped: DroppedSentence[] = []
      for (const sentence of await ask(text, mostWords, 'summary')) {
        const claim = await check(sentence)
        if (claim.fault === '') {
          sentences.push(sentence)
          continue
        }
        dropped.push({ sentence, fault: claim.fault })
        const again = await repair(claim)
        if (again?.fault === '') sentences.push(again.sentence)
        else if (again !== undefined) dropped.push({ sentence: again.sentence, fault: again.fault })
      }
      return { sentences: finishedSentences(sentences.join('\n\n')), dropped }
    },
    /** One summary of a part, without repairs. */
    note: async (text: string, mostWords: number): Promise<Written> => {
      const checked = await Promise.all((await ask(text, mostWords, 'part')).map(check))
      return {
        sentences: checked.filter(({ fault }) => fault === '').map(({ sentence }) => sentence),
        dropped: checked.filter(({ fault }) => fault !== '').map(({ sentence, fault }) => ({ sentence, fault })),
      }
    },
    /** Where the source says each sentence. */
    trace: (sentences: readonly string[]): SummarySentence[] =>
      sentences.map((sentence) => {
        const quote = quotes.get(sentence)
        if (quote !== undefined) return { sentence, ...quote, score: 1, quoted: true }
        const claim = claims.get(sentence)
        // A quote that had to be cut, or a sentence of which a part read only a piece.
        if (claim === undefined) return { ...supportOf(source.check(sentence)), score: 1, quoted: true }
        return { ...claim, quoted: false }
      }),
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
