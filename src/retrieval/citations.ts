/**
 * Whether an answer is backed by what it cites: every `[n]` names a passage that was given in this turn, every quote stands there, and
 * every sentence has such a quote, says no number that it does not have, and is not plainly about something else.
 */
import { findQuote } from './find-quote.ts'
import { foldText } from './folded-text.ts'
import { type CitedSentence, readSentences } from './cited-sentences.ts'
import { numbersOf, sharedWords, spelledNumbersOf, wordsOf } from './shared-words.ts'
import { type Span, sentencesOf } from './sentences.ts'

/** A text that an answer may cite. The first of a list is `[1]`. */
export interface Passage {
  readonly id: string
  readonly text: string
}

/** What an answer claims to have read in passage `[n]`. */
export interface GivenQuote {
  readonly n: number
  readonly quote: string
}

/**
 * `verified`: the quote stands in the passage. `near`: it lost something on the way, but adds nothing. `quote-not-found`: it does not
 * stand there. `quote-missing`: nothing was quoted for this `[n]`. `source-unknown`: there is no passage `[n]`.
 */
export type CitationState = 'verified' | 'near' | 'quote-not-found' | 'quote-missing' | 'source-unknown'

export interface Citation {
  readonly n: number
  /** Undefined where there is no passage `[n]`. */
  readonly passageId: string | undefined
  /** As the answer gave it; empty where it gave none. */
  readonly quote: string
  /** Where the quote stands in the passage, UTF-16 units, `end` exclusive; both 0 where it does not. */
  readonly start: number
  readonly end: number
  readonly state: CitationState
}

/**
 * `no-source`: no `[n]`. `citation-failed`: a citation of the sentence is neither verified nor near. `number-not-in-source`: it says a
 * number that the sentences it quotes do not have. `source-elsewhere`: it shares few words with what it quotes, but most with another
 * sentence of the passages.
 */
export type SentenceState = 'supported' | 'no-source' | 'citation-failed' | 'number-not-in-source' | 'source-elsewhere'

export interface CheckedSentence extends CitedSentence {
  readonly state: SentenceState
  /** What is wrong and what would be right, for whoever revises the answer; empty where the sentence is supported. */
  readonly fault: string
}

export interface CitationReport {
  /** One for each quote, then one for each cited `[n]` without any. */
  readonly citations: readonly Citation[]
  readonly sentences: readonly CheckedSentence[]
  /** The sentences that are not supported, in their order. */
  readonly unsupported: readonly CheckedSentence[]
  /** Whether there are sentences and all are supported. */
  readonly supported: boolean
}

/**
 * Checks the citations of an answer.
 *
 * Quotes are compared after folding (NFKC, typographic signs, space); a quote that is not found whole needs a run in common of at least
 * 80 % of its length and may add no word, change no number and lose no negation. Headings and lines that announce a list need no source.
 *
 * @param answer text with markers `[1]`, `[1, 2]` or `[1][2]`, before or after the full stop
 * @param passages what was given in this turn, in the order of their numbers
 * @param quotes several may belong to one `[n]`; where there are as many as markers `[n]`, each belongs to its marker, else to all
 * @example
 * const passages = [{ id: 'a', text: 'The tower is 324 metres high.' }]
 * const { supported } = checkCitations('It is 324 metres high [1].', passages, [{ n: 1, quote: 'is 324 metres high' }])
 */
export function checkCitations(
  answer: string,
  passages: readonly Passage[],
  quotes: readonly GivenQuote[],
): CitationReport {
  const given = quotes.map((quote) => checkQuote(quote, passages))
  const sentences = readSentences(answer)
  const belonging = pairQuotes(sentences, quotes)
  const cited = new Set(sentences.flatMap(({ sources }) => sources))
  const bare = [...cited].filter((n) => !quotes.some((quote) => quote.n === n))
  const missing = bare.map((n): Citation => {
    const passage = passages.at(n - 1)
    const state = n >= 1 && passage !== undefined ? 'quote-missing' : 'source-unknown'
    return { n, passageId: n >= 1 ? passage?.id : undefined, quote: '', start: 0, end: 0, state }
  })
  const citations = [...given, ...missing]
  const checked = sentences.map((sentence, place) => {
    const own = sentence.sources.map((n) => {
      const paired = belonging[place].get(n)
      return paired === undefined ? citations.filter((citation) => citation.n === n) : [given[paired]]
    })
    return checkSentence(sentence, own, passages)
  })
  const unsupported = checked.filter(({ state }) => state !== 'supported')
  return { citations, sentences: checked, unsupported, supported: checked.length > 0 && unsupported.length === 0 }
}

function checkQuote({ n, quote }: GivenQuote, passages: readonly Passage[]): Citation {
  const passage = n >= 1 ? passages.at(n - 1) : undefined
  if (passage === undefined) return { n, passageId: undefined, quote, start: 0, end: 0, state: 'source-unknown' }
  const found = findQuote(quote, passage.text)
  const where = found ?? { start: 0, end: 0, state: 'quote-not-found' as const }
  return { n, passageId: passage.id, quote, ...where }
}

/** For each sentence, which quote belongs to its marker `[n]`, where quotes and markers of n are equally many. */
function pairQuotes(sentences: readonly CitedSentence[], quotes: readonly GivenQuote[]): Map<number, number>[] {
  const pairs = sentences.map(() => new Map<number, number>())
  for (const n of new Set(quotes.map((quote) => quote.n))) {
    const ofQuotes = quotes.flatMap((quote, index) => (quote.n === n ? [index] : []))
    const ofSentences = sentences.flatMap(({ sources }, index) => (sources.includes(n) ? [index] : []))
    if (ofQuotes.length !== ofSentences.length) continue
    ofSentences.forEach((sentence, index) => pairs[sentence].set(n, ofQuotes[index]))
  }
  return pairs
}

/** @param own the citations of each of the sentence's sources */
function checkSentence(
  sentence: CitedSentence,
  own: readonly (readonly Citation[])[],
  passages: readonly Passage[],
): CheckedSentence {
  const failed = (state: SentenceState, fault: string): CheckedSentence => ({ ...sentence, state, fault })
  if (sentence.sources.length === 0) return failed('no-source', 'The sentence cites no source.')
  const backed = own.map((citations) => citations.filter(isFound))
  const without = backed.findIndex((citations) => citations.length === 0)
  if (without >= 0) return failed('citation-failed', faultOf(sentence.sources[without], own[without], passages.length))

  const quoted = backed.flat().map((citation) => quotedSentences(citation, passages[citation.n - 1].text))
  const invented = inventedNumbers(sentence.claim, quoted.join(' '))
  if (invented.length > 0) {
    return failed('number-not-in-source', `The quoted sentences do not have the number ${invented.join(', ')}.`)
  }
  const elsewhere = betterSource(sentence.claim, quoted.join(' '), passages)
  if (elsewhere === undefined) return failed('supported', '')
  return failed(
    'source-elsewhere',
    `The quote is about something else; passage [${elsewhere}] says what the sentence says.`,
  )
}

function isFound({ state }: Citation): boolean {
  return state === 'verified' || state === 'near'
}

function faultOf(n: number, citations: readonly Citation[], passages: number): string {
  const state = citations[0]?.state ?? 'quote-missing'
  if (state === 'source-unknown') return `There is no passage [${n}]; the passages are [1] to [${passages}].`
  if (state === 'quote-missing') return `No words are quoted from passage [${n}].`
  return `Passage [${n}] does not say "${citations[0].quote}".`
}

/** The sentences of the passage that the quote touches, or stands in again: a short quote stands for what it is taken from. */
function quotedSentences({ start, end }: Citation, text: string): string {
  const quoted = foldText(text.slice(start, end)).text
  const touched = sentencesOf(text).filter((sentence: Span) => {
    const isTouched = sentence.start < end && sentence.end > start
    return isTouched || foldText(text.slice(sentence.start, sentence.end)).text.includes(quoted)
  })
  return touched.map((sentence) => text.slice(sentence.start, sentence.end)).join(' ')
}

/**
 * Numbers of a claim that the quoted text does not say. Digits may stand for a spelled-out number that the claim does not spell out too;
 * spelled-out ones count only where the quoted text spells out others instead.
 */
function inventedNumbers(claim: string, quoted: string): string[] {
  const [digits, words] = [numbersOf(quoted), spelledNumbersOf(quoted)]
  const [claimedDigits, claimedWords] = [numbersOf(claim), spelledNumbersOf(claim)]
  const digitsInvented = [...claimedDigits].filter(
    (number) => !digits.has(number) && (!words.has(number) || claimedWords.has(number)),
  )
  const saysOthers = [...words].some((number) => !claimedWords.has(number))
  const wordsInvented = [...claimedWords].filter((number) => saysOthers && !digits.has(number) && !words.has(number))
  return [...digitsInvented, ...wordsInvented]
}

/** Another sentence says what a claim says if it has this share of its words, and so much more than the quoted one. */
const relatedShare = 0.6
const leastLead = 0.3

/** The number of a passage with a sentence that says what the claim says, where the quote says something else. */
function betterSource(claim: string, quoted: string, passages: readonly Passage[]): number | undefined {
  const words = wordsOf(claim)
  if (words.size < 3) return undefined
  const least = Math.max(relatedShare, sharedWords(words, quoted) + leastLead)
  const better = passages.findIndex(({ text }) =>
    sentencesOf(text).some(({ start, end }) => sharedWords(words, text.slice(start, end)) >= least),
  )
  return better < 0 ? undefined : better + 1
}
