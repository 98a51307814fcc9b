/** The tokens of a vocabulary that an expectation would like to see next. */
import { type ByteTrie, createTokenTrie } from '../constrain/index.ts'
import type { Preference } from '../generate/answer.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import type { ExpectedPlace } from '../tools/index.ts'

/**
 * Follows an answer from `start` on; asked with its tokens so far, answers which are to be preferred next. Tokens that were taken back in
 * between do no harm.
 */
export function preferExpected(
  tokenizer: Tokenizer,
  start: ExpectedPlace,
): (generated: readonly number[]) => Preference | undefined {
  const { trie } = createTokenTrie(tokenizer)
  const tokens: number[] = []
  /** Before each of them and after the last; undefined where the notation was left. */
  const places: (ExpectedPlace | undefined)[] = [start]
  return (generated) => {
    let same = 0
    while (same < tokens.length && tokens[same] === generated[same]) same++
    tokens.length = same
    places.length = same + 1
    for (const token of generated.slice(same)) {
      let place = places.at(-1)
      for (const byte of tokenizer.tokenBytes(token)) place = place?.step(byte)?.place
      tokens.push(token)
      places.push(place)
    }
    const place = places.at(-1)
    if (place === undefined || place.weight === 0) return undefined
    return { tokens: expectedTokens(trie, place), bonus: place.weight }
  }
}

/** Tokens all of whose bytes are expected, as far as anything is. */
function expectedTokens(trie: ByteTrie, place: ExpectedPlace): number[] {
  const tokens: number[] = []
  const take = (node: number): void => {
    for (let id = trie.ids[node]; id >= 0; id = trie.nextSame[id]) tokens.push(id)
  }
  /**
   * Answers from where in a source the tokens that were taken copy. A shorter token of the same copy would be an odd spelling, of which the
   * model knows no end.
   */
  const walk = (node: number, at: ExpectedPlace): ReadonlySet<number> => {
    const copied = new Set<number>()
    for (let child = node + 1; child < trie.ends[node]; child = trie.ends[child]) {
      const step = at.step(trie.bytes[child])
      if (step === undefined || !step.expected) continue
      const { copies, weight } = step.place
      if (copies === undefined) {
        if (weight === 0) for (let inner = child; inner < trie.ends[child]; inner++) take(inner)
        else {
          take(child)
          walk(child, step.place)
        }
        continue
      }
      const longer = weight === 0 ? new Set<number>() : walk(child, step.place)
      const own = trie.ids[child] < 0 ? [] : copies.map((end) => end - trie.depths[child])
      if (own.some((start) => !longer.has(start))) take(child)
      for (const start of [...longer, ...own]) copied.add(start)
    }
    return copied
  }
  walk(0, place)
  return tokens
}
