/** tokenizer.json: what each part means, and that unknown parts are refused by name. */
import { describe, expect, it } from 'vitest'
import { BYTE_TO_CHARACTER } from './byte-level.ts'
import { translateRegex } from './foreign-regex.ts'
import { tokenizerFromJson } from './from-json.ts'

const byteVocabulary = Object.fromEntries(
  [...BYTE_TO_CHARACTER, 'he', 'll', 'hell', 'hello', 'Ġhello'].map((token, id) => [token, id]),
)
const byteLevel = {
  added_tokens: [
    { id: 261, content: '<s>', special: true },
    { id: 262, content: '<mask>', special: true, lstrip: true },
    { id: 263, content: '<tool>', special: false },
  ],
  normalizer: { type: 'NFC' },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { '<s>': { id: '<s>', ids: [261], tokens: ['<s>'] } },
  },
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: byteVocabulary, merges: ['h e', ['l', 'l'], 'he ll', 'hell o', 'Ġ hello'] },
}

const metaspace = {
  added_tokens: [{ id: 0, content: '<unk>', special: true }],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: true,
    vocab: { '<unk>': 0, '<0xC3>': 1, '<0xA9>': 2, '▁': 3, a: 4, b: 5, ab: 6, '▁ab': 7 },
    merges: ['a b', '▁ ab'],
  },
}

describe('a byte-level tokenizer.json', () => {
  const tokenizer = tokenizerFromJson(byteLevel, { bos_token: { content: '<s>' }, eos_token: '<mask>' })

  it('encodes, frames and decodes', () => {
    expect(tokenizer.encode('hello hello')).toEqual([261, 259, 260])
    expect(tokenizer.decode(tokenizer.encode('e\u0301 hello'))).toBe('\u00e9 hello')
    expect([tokenizer.bos, tokenizer.eos, tokenizer.addsBos, tokenizer.kind]).toEqual([261, 262, true, 'bpe'])
  })

  it('reads added tokens, with the white space that they take', () => {
    expect(tokenizer.encode('h  <mask><tool>', { addSpecial: false, parseSpecial: true })).toEqual([104, 262, 263])
    expect(tokenizer.encode('<tool>', { addSpecial: false })).toEqual([263])
  })
})

describe('a SentencePiece-like tokenizer.json', () => {
  const tokenizer = tokenizerFromJson(metaspace)

  it('encodes by merges, falls back to bytes, then to one unknown token', () => {
    expect(tokenizer.encode('ab abé')).toEqual([7, 7, 1, 2])
    expect(tokenizer.encode('√√a')).toEqual([3, 0, 4])
    expect(tokenizer.decode([7, 7])).toBe('ab ab')
  })

  it('reads Metaspace and unigram', () => {
    const unigram = tokenizerFromJson({
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁', -2],
          ['a', -2],
          ['▁a', -3],
          ['aa', -5],
        ],
      },
    })
    expect(unigram.encode('a aa')).toEqual([3, 3, 2])
    expect(unigram.decode([3, 3, 2])).toBe('a aa')
  })
})

it.each<[string, unknown, string, string]>([
  ['a list', [], 'invalid-file', 'tokenizer.json'],
  ['nothing', null, 'invalid-file', 'tokenizer.json'],
  ['WordLevel', { model: { type: 'WordLevel', vocab: {} } }, 'unsupported', 'WordLevel'],
  ['an unknown normalizer', { ...byteLevel, normalizer: { type: 'Klingon' } }, 'unsupported', 'Klingon'],
  ['an unknown pre-tokenizer', { ...byteLevel, pre_tokenizer: { type: 'Klingon' } }, 'unsupported', 'Klingon'],
  ['an unknown decoder', { ...byteLevel, decoder: { type: 'Klingon' } }, 'unsupported', 'Klingon'],
  ['an id far away', { model: { type: 'BPE', vocab: { a: 4_000_000 }, merges: [] } }, 'invalid-file', '4000000'],
  ['a merge of nothing', { model: { type: 'BPE', vocab: { a: 0 }, merges: ['a b'] } }, 'invalid-file', 'merge 0'],
])('%s is refused by name', (_name, json, code, named) => {
  expect(() => tokenizerFromJson(json)).toThrow(expect.objectContaining({ name: 'OstroError', code }))
  expect(() => tokenizerFromJson(json)).toThrow(named)
})

it('a normalizer that doubles and doubles ends in an error', () => {
  const doubling = Array.from({ length: 40 }, () => ({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }))
  const tokenizer = tokenizerFromJson({ ...byteLevel, normalizer: { type: 'Sequence', normalizers: doubling } })
  expect(() => tokenizer.encode('a')).toThrow(expect.objectContaining({ code: 'invalid-file' }))
})

describe('regular expressions', () => {
  it.each<[string, string, string[]]>([
    ["(?i:'s|'ll)|\\p{L}+", "x'S'ſ'LLy", ['x', "'S", "'ſ", "'LL", 'y']],
    ['\\s+(?!\\S)|\\s+', 'a  \u0085b\ufeff', ['  ', '\u0085']],
    ['\\d', '1२', ['1', '२']],
    ['[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+', '-ab', ['-ab']],
    ['.', '\r\n', ['\r']],
    ["\\'\\-[\\-a]", "'--", ["'--"]],
  ])('%s means what it meant', (source, text, expected) => {
    expect(text.match(translateRegex(source))).toEqual(expected)
  })

  it.each([
    '(a+)+',
    '(a*)*',
    '(?:a|b+){2,}',
    'a++',
    '(?>a)',
    '\\bx',
    '(',
    '[a',
    '[[a]]',
    '(?m:a)',
    'a\\',
    'a{2',
    'x'.repeat(5000),
  ])('%s is refused', (source) => {
    expect(() => translateRegex(source)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})
