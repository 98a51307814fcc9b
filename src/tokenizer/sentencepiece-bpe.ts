/** SentencePiece BPE (Llama 2, Gemma): symbols are characters, spaces are `▁`, a character without a token falls back to its bytes. */
import type { SegmentEncoder } from './assemble.ts'
import { mergeSymbols, type Merges } from './merge.ts'
import { createPairTable, type PairTable } from './pair-table.ts'
import { TOKEN_TYPE } from './tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'
import { createWordCache } from './word-cache.ts'

export const SPACE_MARK = '▁'

export interface SentencePieceOptions {
  readonly vocabulary: Vocabulary
  /** Merges by score: any two symbols whose join is a token may merge, greatest score first. */
  readonly scores?: ArrayLike<number>
  /** Merges by explicit rules (tokenizer.json); then `scores` is not used. */
  readonly merges?: PairTable
  readonly byteFallback: boolean
  /** Joins neighbouring unknown tokens into one. */
  readonly fuseUnknown: boolean
  readonly unknown: number | undefined
  /** What is done to a stretch of text before it is split, such as `▁` for spaces. */
  readonly normalize: (text: string, first: boolean) => string
  /** A word that is a token by itself is not split. */
  readonly ignoreMerges?: boolean
  /** Cuts the normalised text into words that are split by themselves. Default: the whole text is one. */
  readonly preTokenize?: (text: string, onWord: (word: string) => void, first: boolean) => void
}

export function createSentencePieceSegmenter(options: SentencePieceOptions): SegmentEncoder {
  const { vocabulary } = options
  const merges = options.merges ?? scoreMerges(vocabulary, options.scores)
  const joinsSpace = charactersBeforeSpaceMark(vocabulary)
  const byteIds = options.byteFallback ? byteTokens(vocabulary) : undefined
  const cache = createWordCache()
  const encoder = new TextEncoder()
  let symbols = new Int32Array(1024)

  function encodeChunk(chunk: string): Int32Array {
    if (options.ignoreMerges) {
      const whole = vocabulary.idOf(chunk)
      if (whole !== undefined) return Int32Array.of(whole)
    }
    if (symbols.length < chunk.length) symbols = new Int32Array(chunk.length)
    let count = 0
    for (let i = 0; i < chunk.length;) {
      const codePoint = chunk.codePointAt(i) ?? 0
      const length = codePoint > 0xffff ? 2 : 1
      symbols[count++] = symbolOf(chunk.slice(i, i + length), codePoint)
      i += length
    }
    count = mergeSymbols(symbols, count, merges)
    return Int32Array.from(idsOf(symbols, count))
  }

  /** A character with no token keeps a symbol beyond the vocabulary, because it may still be part of one. */
  function symbolOf(character: string, codePoint: number): number {
    const id = vocabulary.idOf(character)
    return id === undefined || vocabulary.types[id] === TOKEN_TYPE.control ? vocabulary.size + codePoint : id
  }

  function idsOf(merged: Int32Array, count: number): number[] {
    const ids: number[] = []
    for (let i = 0; i < count; i++) {
      if (merged[i] < vocabulary.size) ids.push(merged[i])
      else pushUnknown(String.fromCodePoint(merged[i] - vocabulary.size), ids)
    }
    return ids
  }

  function pushUnknown(character: string, ids: number[]): void {
    const bytes = encoder.encode(character)
    if (byteIds && bytes.every((byte) => byteIds[byte] >= 0)) {
      for (const byte of bytes) ids.push(byteIds[byte])
    } else if (options.unknown !== undefined && !(options.fuseUnknown && ids.at(-1) === options.unknown)) {
      ids.push(options.unknown)
    }
  }

  function encodeWord(word: string, ids: number[]): void {
    const onChunk = (chunk: string): void => {
      let encoded = cache.get(chunk)
      if (!encoded) {
        encoded = encodeChunk(chunk)
        cache.set(chunk, encoded)
      }
      for (let i = 0; i < encoded.length; i++) ids.push(encoded[i])
    }
    // A word that may be a token as a whole must not be cut.
    if (options.ignoreMerges) onChunk(word)
    else forEachChunk(word, joinsSpace, onChunk)
  }

  return (text, ids, first) => {
    const normalized = options.normalize(text, first)
    if (options.preTokenize) options.preTokenize(normalized, (word) => encodeWord(word, ids), first)
    else encodeWord(normalized, ids)
  }
}

/**
 * Cuts before each `▁` that no token joins to the character before it. No merge can cross such a place, so the result is
 * that of the whole text, but chunks repeat (a cache pays) and stay short.
 */
function forEachChunk(text: string, joinsSpace: ReadonlySet<string>, onChunk: (chunk: string) => void): void {
  let from = 0
  for (let at = text.indexOf(SPACE_MARK, 1); at >= 0; at = text.indexOf(SPACE_MARK, at + 1)) {
    const before = text.charAt(at - 1)
    if (before === SPACE_MARK || joinsSpace.has(before)) continue
    onChunk(text.slice(from, at))
    from = at
  }
  if (from < text.length) onChunk(text.slice(from))
}

/** Code units that stand before a `▁` inside some token. */
function charactersBeforeSpaceMark(vocabulary: Vocabulary): Set<string> {
  const characters = new Set<string>()
  for (const token of vocabulary.tokens) {
    for (let at = token.indexOf(SPACE_MARK, 1); at >= 0; at = token.indexOf(SPACE_MARK, at + 1)) {
      characters.add(token.charAt(at - 1))
    }
  }
  return characters
}

/** Byte -> id of `<0xNN>`, or -1. */
export function byteTokens(vocabulary: Vocabulary): Int32Array {
  const ids = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    ids[byte] = vocabulary.idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) ?? -1
  }
  return ids
}

/** The byte that a token such as `<0x0A>` stands for, or -1. */
export function byteOfToken(token: string): number {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(token) ? Number.parseInt(token.slice(3, 5), 16) : -1
}

/** How many pairs are remembered before the table starts afresh; bounds its memory on hostile text. */
const MAX_REMEMBERED_PAIRS = 1 << 20

/** Merges by the score of the joined token, looked up by spelling on first use and remembered by id pair. */
function scoreMerges(vocabulary: Vocabulary, scores: ArrayLike<number> | undefined): Merges {
  const { tokens, types, size } = vocabulary
  let longest = 0
  for (const token of tokens) longest = Math.max(longest, token.length)
  let table = createPairTable()
  const spell = (symbol: number): string => (symbol < size ? tokens[symbol] : String.fromCodePoint(symbol - size))
  const remember = (left: number, right: number): void => {
    const text = spell(left) + spell(right)
    const id = text.length <= longest ? vocabulary.idOf(text) : undefined
    const joins =
      id !== undefined &&
      types[id] !== TOKEN_TYPE.control &&
      types[id] !== TOKEN_TYPE.unknown &&
      types[id] !== TOKEN_TYPE.byte
    table.set(left, right, joins && scores ? -scores[id] : 0, joins ? id : -1)
  }
  return {
    find(left, right) {
      let entry = table.find(left, right)
      if (entry < 0) {
        if (table.size >= MAX_REMEMBERED_PAIRS) table = createPairTable()
        remember(left, right)
        entry = table.find(left, right)
      }
      return table.merged(entry) < 0 ? -1 : entry
    },
    rank: (entry) => table.rank(entry),
    merged: (entry) => table.merged(entry),
  }
}
