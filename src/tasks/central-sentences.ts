/** The sentences that a text turns on, chosen without a model: SumBasic (Nenkova and Vanderwende 2005). */
import { wordsOf } from '../retrieval/shared-words.ts'
import type { Span } from '../retrieval/sentences.ts'

/**
 * Sentences whose words are frequent in the text, each new one about something else, up to `mostWords` together; in the text's order.
 * At least one of them fits where any does.
 */
export function centralSentences(text: string, sentences: readonly Span[], mostWords: number): Span[] {
  const open = sentences.map((span) => {
    const own = text.slice(span.start, span.end)
    return { span, words: [...wordsOf(own)], length: countWords(own) }
  })
  const shares = new Map<string, number>()
  for (const { words } of open) for (const word of words) shares.set(word, (shares.get(word) ?? 0) + 1 / open.length)
  const chosen: Span[] = []
  let room = mostWords
  for (;;) {
    // Headings and scraps say little, whatever their words are.
    const fitting = open.filter(({ words, length, span }) => {
      return words.length >= 3 && length >= 5 && length <= room && !chosen.includes(span)
    })
    const [first] = fitting
    if (first === undefined) break
    const scoreOf = ({ words }: { readonly words: readonly string[] }): number =>
      words.reduce((total, word) => total + (shares.get(word) ?? 0), 0) / words.length
    const best = fitting.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a), first)
    chosen.push(best.span)
    room -= best.length
    for (const word of best.words) shares.set(word, (shares.get(word) ?? 0) ** 2)
  }
  return chosen.toSorted((a, b) => a.start - b.start)
}

/** Words as people count them; of scripts without spaces, two characters are a word. */
export function countWords(text: string): number {
  const unspaced = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0
  const others = text.replaceAll(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu, ' ')
  return (others.match(/[\p{L}\p{N}][^\s]*/gu)?.length ?? 0) + Math.ceil(unspaced / 2)
}
