/** The sentences that say most of a text in few words, chosen without a model: SumBasic (Nenkova and Vanderwende 2005), per word. */
import { sharedWords, wordsOf } from '../retrieval/shared-words.ts'
import type { Span } from '../retrieval/sentences.ts'

/** How much a sentence has of what a text is about. */
export interface Likeness {
  readonly of: (sentence: string) => number
  /** Told of each choice, so that the next one can be about something else. */
  readonly choose: (sentence: string) => void
  /** Whether a sentence says what a chosen one has said. Equal words are seen without it. */
  readonly repeats: (sentence: string, chosen: string) => boolean
}

/**
 * Sentences of a text whose words are frequent in it, each new one about something else, up to `mostWords` together; in the text's order.
 * At least one of them fits where any does.
 */
export function centralSentences(text: string, sentences: readonly Span[], mostWords: number): Span[] {
  const candidates = sentences.map((span) => ({ span, sentence: text.slice(span.start, span.end) }))
  const likeness = likenessByWords(candidates.map(({ sentence }) => sentence))
  return densest(candidates, likeness, mostWords)
    .map(({ span }) => span)
    .toSorted((a, b) => a.start - b.start)
}

/** The mean frequency of a sentence's words; words that were chosen count less. @param focus whose words count as if all sentences had them */
export function likenessByWords(sentences: readonly string[], focus = ''): Likeness {
  const shares = new Map<string, number>()
  for (const sentence of sentences) {
    for (const word of wordsOf(sentence)) shares.set(word, (shares.get(word) ?? 0) + 1 / sentences.length)
  }
  for (const word of wordsOf(focus)) shares.set(word, 1 + (shares.get(word) ?? 0))
  const read = remembered(wordsOf)
  return {
    of: (sentence) => {
      const words = read(sentence)
      let sum = 0
      for (const word of words) sum += shares.get(word) ?? 0
      return words.size === 0 ? 0 : sum / words.size
    },
    choose: (sentence) => {
      for (const word of read(sentence)) shares.set(word, Math.min(1, shares.get(word) ?? 0) ** 2)
    },
    repeats: () => false,
  }
}

/** Share of words from which a sentence repeats another. */
const repeatedShare = 0.85

/**
 * As many sentences as fit into `mostWords`, by likeness per word: of two that are as near to the text the shorter one leaves room for a
 * third. In the order of choice.
 */
export function densest<T extends { readonly sentence: string }>(
  candidates: readonly T[],
  likeness: Likeness,
  mostWords: number,
): T[] {
  let open = candidates
    .map((candidate) => ({
      candidate,
      words: wordsOf(candidate.sentence),
      length: countWords(candidate.sentence),
    }))
    // Headings and scraps say little, whatever their words are.
    .filter(({ words, length }) => words.size >= 3 && length >= 5)
  const chosen: T[] = []
  let room = mostWords
  for (;;) {
    open = open.filter(({ length }) => length <= room)
    const [first] = open
    if (first === undefined) return chosen
    const scored = open.map((entry) => ({ entry, score: likeness.of(entry.candidate.sentence) / entry.length }))
    const { entry } = scored.reduce((a, b) => (b.score > a.score ? b : a))
    const { sentence } = entry.candidate
    chosen.push(entry.candidate)
    room -= entry.length
    likeness.choose(sentence)
    open = open.filter(
      (other) =>
        other !== entry &&
        sharedWords(other.words, sentence) < repeatedShare &&
        !likeness.repeats(other.candidate.sentence, sentence),
    )
  }
}

function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const value = known.get(text) ?? read(text)
    known.set(text, value)
    return value
  }
}

/** Words as people count them; of scripts without spaces, two characters are a word. */
export function countWords(text: string): number {
  const unspaced = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0
  const others = text.replaceAll(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu, ' ')
  return (others.match(/[\p{L}\p{N}][^\s]*/gu)?.length ?? 0) + Math.ceil(unspaced / 2)
}
