/** A vocabulary as grammars see it: tokens by their bytes in one trie, control tokens by their text, end tokens apart. */
import type { Tokenizer } from '../tokenizer/index.ts'
import { buildByteTrie, type ByteTrie, type SortedEntries, sortEntries } from './byte-trie.ts'
import { buildCharacterTrie, type CharacterTrie } from './character-trie.ts'

export interface TokenTrie {
  readonly tokenizer: Tokenizer
  readonly vocabularySize: number
  /** Words of a mask: one bit per token, token `id` at bit `id % 32` of word `id >> 5`. */
  readonly maskWords: number
  /** Every token that adds bytes to the text. End tokens and control tokens are not among them. */
  readonly trie: ByteTrie
  /** Those of them that are whole characters. */
  readonly characters: CharacterTrie
  readonly entries: SortedEntries
  readonly endTokens: readonly number[]
  /** Whether the token adds bytes to the text and is in the trie. */
  isText(token: number): boolean
}

const tries = new WeakMap<Tokenizer, TokenTrie>()

/** The trie of a tokenizer: built at the first call, then the same object. Takes some 100 ms for 128,000 tokens. */
export function createTokenTrie(tokenizer: Tokenizer): TokenTrie {
  const known = tries.get(tokenizer)
  if (known) return known
  const { vocabularySize, endOfGeneration } = tokenizer
  const isText = (token: number): boolean => !endOfGeneration.has(token) && !tokenizer.isSpecial(token)
  const entries = sortEntries(vocabularySize, (id) => (isText(id) ? tokenizer.tokenBytes(id) : undefined))
  const trie = buildByteTrie(entries)
  const created: TokenTrie = {
    tokenizer,
    vocabularySize,
    maskWords: Math.ceil(vocabularySize / 32),
    trie,
    characters: buildCharacterTrie(trie),
    entries,
    endTokens: [...endOfGeneration].filter((id) => id < vocabularySize),
    isText: (token) => token >= 0 && token < vocabularySize && entries.offsets[token + 1] > entries.offsets[token],
  }
  tries.set(tokenizer, created)
  return created
}
