/** WordPiece against the library that made it (test/golden/wordpiece.json): from tokenizer.json, vocab.txt and GGUF, and for pairs. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tokenizerFromGguf } from './from-gguf.ts'
import { tokenizerFromJson } from './from-json.ts'
import { tokenizerFromVocabulary } from './from-vocabulary.ts'
import { encodePair } from './pair.ts'

interface Expected {
  readonly tokenizer: Readonly<Record<string, unknown>> & {
    readonly model: { readonly vocab: Readonly<Record<string, number>> }
  }
  readonly normalizers: Readonly<Record<string, object>>
  readonly texts: readonly string[]
  /** By normalizer, for each text, with text such as `[SEP]` read as a token. */
  readonly ids: Readonly<Record<string, readonly (readonly number[])[]>>
  /** The text of the uncased ids. */
  readonly decoded: readonly string[]
  readonly pairs: readonly {
    readonly first: string
    readonly second: string
    readonly tokens: readonly number[]
    readonly segments: readonly number[]
    readonly most: number
    readonly truncated: readonly number[]
  }[]
}

const oracleFile = new URL('../../test/golden/wordpiece.json', import.meta.url)
const expected = JSON.parse(readFileSync(oracleFile, 'utf8')) as Expected
const { tokenizer: json, texts, ids, decoded, pairs } = expected
const vocabulary = Object.entries(json.model.vocab)
  .toSorted((a, b) => a[1] - b[1])
  .map(([token]) => token)
const uncased = tokenizerFromJson(json)

describe('WordPiece from tokenizer.json', () => {
  it.each(Object.entries(expected.normalizers))('encodes as the oracle: %s', (name, normalizer) => {
    const tokenizer = tokenizerFromJson({ ...json, normalizer })
    expect(tokenizer.kind).toBe('wordpiece')
    texts.forEach((text, index) => {
      expect(tokenizer.encode(text, { parseSpecial: true }), JSON.stringify(text)).toEqual(ids[name]?.[index])
    })
  })

  it('decodes as the oracle, at once and token by token', () => {
    decoded.forEach((text, index) => {
      const tokens = ids['uncased']?.[index] ?? []
      expect(uncased.decode(tokens)).toBe(text)
      const decoder = uncased.decoder()
      expect(tokens.map((id) => decoder.push(id)).join('') + decoder.flush()).toBe(text)
    })
  })

  it('reads control tokens in a text as text unless asked', () => {
    const sep = uncased.idOf('[SEP]')
    expect(uncased.encode('[SEP]', { parseSpecial: true })).toEqual([uncased.bos, sep, uncased.eos])
    expect(uncased.encode('[SEP]', { addSpecial: false })).not.toContain(sep)
  })

  it('refuses a model whose unknown token is not in the vocabulary', () => {
    const model = { ...json.model, unk_token: '<none>' }
    expect(() => tokenizerFromJson({ ...json, model })).toThrow(/unk_token: expected a token of the vocabulary/)
  })
})

describe('WordPiece from other files', () => {
  // A vocab.txt states no limit of characters, so words longer than the oracle's are left out.
  const comparable = texts.flatMap((text, index) => (/\S{13}/u.test(text) ? [] : [index]))

  it('vocab.txt gives the same tokens', () => {
    const tokenizer = tokenizerFromVocabulary(`${vocabulary.join('\n')}\n`, { do_lower_case: true })
    for (const index of comparable) {
      expect(tokenizer.encode(texts[index], { parseSpecial: true })).toEqual(ids['uncased']?.[index])
    }
    const cased = tokenizerFromVocabulary(vocabulary.join('\r\n'), { do_lower_case: false })
    for (const index of comparable) {
      expect(cased.encode(texts[index], { parseSpecial: true })).toEqual(ids['cased']?.[index])
    }
    expect(() => tokenizerFromVocabulary('a\nb\n')).toThrow(/vocab.txt: expected the unk_token "\[UNK\]"/)
  })

  it('GGUF, which marks the start of words, gives the same tokens', () => {
    const marked = vocabulary.map((token, id) => {
      if (id < 5) return token
      return token.startsWith('##') ? token.slice(2) : `▁${token}`
    })
    const metadata = new Map<string, unknown>([
      ['tokenizer.ggml.model', 'bert'],
      ['tokenizer.ggml.tokens', marked],
      ['tokenizer.ggml.token_type', marked.map((_, id) => (id === 1 ? 2 : id < 5 ? 3 : 1))],
      ['tokenizer.ggml.bos_token_id', 2],
      ['tokenizer.ggml.seperator_token_id', 3],
      ['tokenizer.ggml.unknown_token_id', 1],
    ])
    // The oracle's vocabulary has capitals, so the file's model is cased.
    const tokenizer = tokenizerFromGguf(metadata)
    for (const index of comparable) {
      expect(tokenizer.encode(texts[index], { parseSpecial: true })).toEqual(ids['cased']?.[index])
    }
    metadata.delete('tokenizer.ggml.seperator_token_id')
    expect(() => tokenizerFromGguf(metadata)).toThrow(/expected ids of the unknown, first and separator tokens/)
  })
})

describe('pairs', () => {
  it('are framed, and shortened where asked, as the oracle does it', () => {
    for (const { first, second, tokens, segments, most, truncated } of pairs) {
      expect(encodePair(uncased, first, second)).toEqual({ tokens, segments })
      expect(encodePair(uncased, first, second, { mostTokens: most }).tokens).toEqual(truncated)
    }
  })

  it('keep control tokens in their texts from ending them', () => {
    const { tokens } = encodePair(uncased, 'a', 'b [SEP] c')
    expect(tokens.filter((id) => id === uncased.eos)).toHaveLength(2)
  })

  it('need a tokenizer that knows them, and room', () => {
    const single = tokenizerFromJson({ ...json, post_processor: null })
    expect(() => encodePair(single, 'a', 'b')).toThrow(/knows no pairs/)
    expect(() => encodePair(uncased, 'a', 'b', { mostTokens: 2 })).toThrow(
      /needs 3 tokens besides its texts, got room for 2/,
    )
  })
})
