/** SentencePiece unigram (T5): the split of greatest total score, found by Viterbi over a trie of the vocabulary. */
import type { SegmentEncoder } from './assemble.ts'
import { byteTokens } from './sentencepiece-bpe.ts'
import { TOKEN_TYPE } from './tokenizer.ts'
import { createTrie } from './trie.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface UnigramOptions {
  readonly vocabulary: Vocabulary
  /** Log-probability of each token. */
  readonly scores: ArrayLike<number>
  /** Id for characters without a token; -1 where there is none. */
  readonly unknown: number
  readonly byteFallback: boolean
  readonly normalize: (text: string, first: boolean) => string
  /** Cuts the normalised text into parts that are split by themselves. Default: the whole text. */
  readonly preTokenize?: (text: string, onWord: (word: string) => void, first: boolean) => void
}

/** How much less than the least score an unknown character costs (as in SentencePiece). */
const UNKNOWN_PENALTY = 10

export function createUnigramSegmenter(options: UnigramOptions): SegmentEncoder {
  const { vocabulary, scores } = options
  const trie = createTrie()
  let least = Infinity
  for (let id = 0; id < vocabulary.size; id++) {
    const type = vocabulary.types[id]
    if (type === TOKEN_TYPE.normal) least = Math.min(least, scores[id])
    // User-defined tokens were taken out of the text before; unused ones are never the answer.
    if (type === TOKEN_TYPE.normal && vocabulary.tokens[id] !== '') trie.add(vocabulary.tokens[id], id)
  }
  const unknownScore = (least === Infinity ? 0 : least) - UNKNOWN_PENALTY
  const byteIds = options.byteFallback ? byteTokens(vocabulary) : undefined
  const encoder = new TextEncoder()

  function encodeWord(text: string, ids: number[]): void {
    const length = text.length
    const best = new Float64Array(length + 1).fill(-Infinity)
    const cameFrom = new Int32Array(length + 1)
    const cameBy = new Int32Array(length + 1)
    best[0] = 0
    for (let at = 0; at < length;) {
      const characterEnd = at + (isHighSurrogate(text, at) ? 2 : 1)
      let single = false
      let node = 0
      for (let end = at; end < length;) {
        node = trie.step(node, text.charCodeAt(end++))
        if (node < 0) break
        const id = trie.value(node)
        if (id < 0) continue
        if (end === characterEnd) single = true
        relax(at, end, best[at] + scores[id], id)
      }
      if (!single) relax(at, characterEnd, best[at] + unknownScore, options.unknown)
      at = characterEnd
    }

    function relax(from: number, to: number, score: number, id: number): void {
      if (score <= best[to]) return
      best[to] = score
      cameFrom[to] = from
      cameBy[to] = id
    }

    const path: number[] = []
    for (let at = length; at > 0; at = cameFrom[at]) path.push(at)
    for (const end of path.reverse()) {
      if (cameBy[end] !== options.unknown) ids.push(cameBy[end])
      else pushUnknown(text.slice(cameFrom[end], end), ids, end === path[0])
    }
  }

  /** Neighbouring unknown characters are one unknown token, unless bytes can spell them. */
  function pushUnknown(character: string, ids: number[], isFirst: boolean): void {
    const bytes = encoder.encode(character)
    if (byteIds && bytes.every((byte) => byteIds[byte] >= 0)) {
      for (const byte of bytes) ids.push(byteIds[byte])
    } else if (options.unknown >= 0 && (isFirst || ids.at(-1) !== options.unknown)) ids.push(options.unknown)
  }

  return (text, ids, first) => {
    const normalized = options.normalize(text, first)
    if (normalized === '') return
    if (options.preTokenize) options.preTokenize(normalized, (word) => encodeWord(word, ids), first)
    else encodeWord(normalized, ids)
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xd800 && unit <= 0xdbff && at + 1 < text.length
}
