/** Byte-level BPE (GPT-2 and after): words of the pre-tokenizer, their UTF-8 bytes as symbols, merges by rank. */
import { OstroError } from '../util/error.ts'
import type { SegmentEncoder } from './assemble.ts'
import { BYTE_TO_CHARACTER } from './byte-level.ts'
import { describeValue } from './json-value.ts'
import { mergeSymbols } from './merge.ts'
import { createPairTable, type PairTable } from './pair-table.ts'
import type { Vocabulary } from './vocabulary.ts'
import { createWordCache } from './word-cache.ts'

export interface ByteLevelOptions {
  readonly vocabulary: Vocabulary
  readonly merges: PairTable
  /** Default: the text as it is. */
  readonly normalize?: (text: string) => string
  /** Cuts the normalised text into words; `first`: whether it begins the whole text. */
  readonly preTokenize: (text: string, onWord: (word: string) => void, first: boolean) => void
  /** A word that is a token by itself is not split, whatever the merges say (Llama 3, Tekken). */
  readonly ignoreMerges: boolean
  /** Takes the place of bytes without a token; without it they are left out, as the reference library does. */
  readonly unknown: number | undefined
}

export function createByteLevelSegmenter(options: ByteLevelOptions): SegmentEncoder {
  const { vocabulary, merges, preTokenize, normalize = (text) => text } = options
  const byteIds = Int32Array.from(BYTE_TO_CHARACTER, (character) => vocabulary.idOf(character) ?? options.unknown ?? -1)
  const cache = createWordCache()
  const encoder = new TextEncoder()
  let bytes = new Uint8Array(1024)
  let symbols = new Int32Array(1024)

  function encodeWord(word: string): Int32Array {
    if (bytes.length < word.length * 3) {
      bytes = new Uint8Array(word.length * 3)
      symbols = new Int32Array(word.length * 3)
    }
    const { written } = encoder.encodeInto(word, bytes)
    if (options.ignoreMerges) {
      const whole = vocabulary.idOf(spell(bytes, written))
      if (whole !== undefined) return Int32Array.of(whole)
    }
    let count = 0
    for (let i = 0; i < written; i++) if (byteIds[bytes[i]] >= 0) symbols[count++] = byteIds[bytes[i]]
    return symbols.slice(0, mergeSymbols(symbols, count, merges))
  }

  return (text, ids, first) => {
    const addWord = (word: string): void => {
      let encoded = cache.get(word)
      if (!encoded) {
        encoded = encodeWord(word)
        cache.set(word, encoded)
      }
      for (let i = 0; i < encoded.length; i++) ids.push(encoded[i])
    }
    preTokenize(normalize(text), addWord, first)
  }
}

function spell(bytes: Uint8Array, count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += BYTE_TO_CHARACTER[bytes[i]]
  return text
}

/**
 * Merge rules as a table of id pairs. A rule is `left right` with one space, or the pair itself.
 * @throws OstroError('invalid-file') for a rule of another form or one that names an unknown token
 */
export function readMerges(rules: readonly unknown[], vocabulary: Vocabulary, where: string): PairTable {
  const table = createPairTable(rules.length)
  for (const [rank, rule] of rules.entries()) {
    const [leftText, rightText] = readRule(rule, rank, where)
    const left = vocabulary.idOf(leftText)
    const right = vocabulary.idOf(rightText)
    const merged = vocabulary.idOf(leftText + rightText)
    if (left === undefined || right === undefined || merged === undefined) {
      throw new OstroError(
        'invalid-file',
        `${where}: merge ${rank} joins ${describeValue(leftText)} and ${describeValue(rightText)}, expected both and ` +
          'their join among the tokens. The file is damaged.',
        { rank },
      )
    }
    if (table.find(left, right) < 0) table.set(left, right, rank, merged)
  }
  return table
}

function readRule(rule: unknown, rank: number, where: string): readonly [string, string] {
  if (typeof rule === 'string') {
    // The space of the rule is never the first character: a symbol is at least one character long.
    const space = rule.indexOf(' ', 1)
    if (space > 0 && space < rule.length - 1) return [rule.slice(0, space), rule.slice(space + 1)]
  }
  if (Array.isArray(rule) && rule.length === 2 && typeof rule[0] === 'string' && typeof rule[1] === 'string') {
    return [rule[0], rule[1]]
  }
  throw new OstroError(
    'invalid-file',
    `${where}: expected merge ${rank} as two tokens, got ${describeValue(rule)}. The file is damaged.`,
    { rank },
  )
}
