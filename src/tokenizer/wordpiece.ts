/** WordPiece (BERT): each word becomes the longest token that it begins with, then the longest that goes on, and so forth. */
import type { SegmentEncoder } from './assemble.ts'
import { TOKEN_TYPE } from './tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'
import { createWordCache } from './word-cache.ts'

export interface WordPieceRules {
  /** Stands for a word that the vocabulary cannot spell. */
  readonly unknown: number
  /** What tokens that continue a word begin with, `##`. */
  readonly prefix: string
  /** Words of more characters are unknown. */
  readonly mostCharacters: number
}

export interface WordPieceOptions extends WordPieceRules {
  readonly vocabulary: Vocabulary
  readonly normalize: (text: string) => string
  readonly preTokenize: (text: string, onWord: (word: string) => void, first: boolean) => void
}

export function createWordPieceSegmenter(options: WordPieceOptions): SegmentEncoder {
  const { vocabulary, unknown, prefix, mostCharacters } = options
  const cache = createWordCache()

  function split(word: string): number[] {
    // No word has more characters than units, so most need no count.
    if (word.length > mostCharacters && Array.from(word).length > mostCharacters) return [unknown]
    const ids: number[] = []
    for (let from = 0; from < word.length;) {
      let end = word.length
      let id: number | undefined
      for (; end > from; end--) {
        id = vocabulary.idOf(from === 0 ? word.slice(0, end) : prefix + word.slice(from, end))
        if (id !== undefined) break
      }
      if (id === undefined) return [unknown]
      ids.push(id)
      from = end
    }
    return ids
  }

  return (text, ids, first) => {
    options.preTokenize(
      options.normalize(text),
      (word) => {
        let known = cache.get(word)
        if (known === undefined) cache.set(word, (known = Int32Array.from(split(word))))
        for (const id of known) ids.push(id)
      },
      first,
    )
  }
}

/** What decoders take back: marks that close up to the word before them, and what English glues to it. */
const closedUp: readonly (readonly [spaced: string, closed: string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
]

/** Bytes of a token: a continuation as it is, other tokens after a space. */
export function wordPieceTokenBytes(vocabulary: Vocabulary, id: number, prefix: string): Uint8Array {
  const token = vocabulary.tokens[id]
  const isWord = vocabulary.types[id] === TOKEN_TYPE.normal && !token.startsWith(prefix)
  const spaced = isWord ? ` ${token}` : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
  return new TextEncoder().encode(closedUp.reduce((text, [from, to]) => text.replaceAll(from, to), spaced))
}
