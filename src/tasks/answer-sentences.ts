/** The sentences of an answer, each with the quotes that it rests on or with what is wrong with it. */
import { checkCitations, type Citation, type GivenQuote, type Passage } from '../retrieval/citations.ts'
import { readSentences } from '../retrieval/cited-sentences.ts'
import type { Source } from './source-support.ts'

export interface AnswerSentence {
  /** Without markers. */
  readonly text: string
  /** `supported`: its quotes stand in their passages and say it; `unsupported`: they do not. */
  readonly state: 'supported' | 'unsupported'
  readonly citations: readonly Citation[]
  /** Why it is unsupported; else empty. */
  readonly fault: string
}

/** @param fits whether a sentence with its quotes is about the question */
export async function checkAnswer(
  text: string,
  passages: readonly Passage[],
  sources: readonly Source[],
  fits: (sentence: string, quotes: readonly string[]) => Promise<boolean>,
): Promise<AnswerSentence[]> {
  const checked: AnswerSentence[] = []
  for (const { claim: said, sources: named } of readSentences(text)) {
    const claim = said.replace(/^the answer(?: to (?:this|the|your) question)? is:?\s*/i, '')
    if (saysNotFound(claim) || checked.some((other) => other.text === claim)) continue
    const { quotes, missing } = findQuotes(claim, named, sources)
    const numbers = named.length > 0 ? named : quotes.map(({ n }) => n)
    const { citations, unsupported } = checkCitations(withMarkers(claim, numbers), passages, quotes)
    const citationFault = numbers.length === 0 ? missing : (unsupported[0]?.fault ?? '')
    const quoted = quotes.map(({ quote }) => quote)
    const isBeside = citationFault === '' && (isQuestion(claim) || !(await fits(claim, quoted)))
    const fault = isBeside ? 'It does not answer the question.' : citationFault
    checked.push({ text: claim, state: fault === '' ? 'supported' : 'unsupported', citations, fault })
  }
  return checked
}

/** Whether a sentence says that there is no answer. */
export function saysNotFound(sentence: string): boolean {
  const notThere = /\bnot (?:found|mentioned|stated|provided|in the (?:passages?|text))\b/i
  return notThere.test(sentence) || /\b(?:do|does) not (?:say|answer|mention|contain)\b/i.test(sentence)
}

/** Small models say the question over again. */
const isQuestion = (sentence: string): boolean => /[?\uff1f]["'\u201d\u2019)\]]*$/.test(sentence)

export function withMarkers(claim: string, numbers: readonly number[]): string {
  const markers = numbers.map((n) => `[${n}]`).join('')
  return markers === '' ? claim : claim.replace(/\s*([.!?\u3002\uff01\uff1f]*)$/, ` ${markers}$1`)
}

/**
 * The words of each named passage that say what the claim says; without names, those of the passage which says it best. `missing` is what
 * the nearest passage lacks where none says it.
 */
function findQuotes(
  claim: string,
  named: readonly number[],
  sources: readonly Source[],
): { readonly quotes: readonly GivenQuote[]; readonly missing: string } {
  const numbers = named.length > 0 ? named : sources.map((_, index) => index + 1)
  const found = numbers
    .flatMap((n) => {
      const source = n >= 1 ? sources.at(n - 1) : undefined
      if (source === undefined) return []
      const { start, end, score, fault } = source.check(claim)
      return [{ n, score, fault, quote: source.text.slice(start, end) }]
    })
    .toSorted((a, b) => b.score - a.score)
  const backed = found.filter(({ fault }) => fault === '').slice(0, named.length > 0 ? undefined : 1)
  return { quotes: backed.map(({ n, quote }) => ({ n, quote })), missing: found[0]?.fault ?? 'No passage says this.' }
}
