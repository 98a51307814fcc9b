/** Properties of whole tokenizers, made from small vocabularies; real vocabularies are tested by the golden suite. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BYTE_TO_CHARACTER } from './byte-level.ts'
import { tokenizerFromGguf } from './from-gguf.ts'
import { TOKEN_TYPE, type Tokenizer } from './tokenizer.ts'

const { normal, unknown, control, userDefined, byte } = TOKEN_TYPE
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme-ascii' }),
)

function byteLevel(pre = 'gpt-2', extra: Record<string, unknown> = {}): Tokenizer {
  const merges = ['h e', 'l l', 'he ll', 'hell o', 'Ġ w', 'Ġw o', 'Ã ©', 'a a', 'aa aa', 'Ġ Ġ', '1 2', '12 3']
  const joined = merges.map((merge) => merge.replace(' ', ''))
  const special = ['<|im_start|>', '<|im_end|>', '<|im|>', '<think>']
  return tokenizerFromGguf(
    new Map<string, unknown>(
      Object.entries({
        model: 'gpt2',
        pre,
        tokens: [...BYTE_TO_CHARACTER, ...joined, ...special],
        token_type: [...BYTE_TO_CHARACTER, ...joined]
          .map((): number => normal)
          .concat(control, control, control, userDefined),
        merges,
        bos_token_id: 268,
        eos_token_id: 269,
        ...extra,
      }).map(([key, value]) => [`tokenizer.ggml.${key}`, value]),
    ),
  )
}

/** The layout of the golden models: three control tokens, 256 byte tokens, padding. */
function sentencePiece(extra: Record<string, unknown> = {}): Tokenizer {
  const words = ['▁', 'a', 'b', 'ab', '▁a', '▁ab', 'abab', '▁▁', 'é']
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...words, '<tag>']
  return tokenizerFromGguf(
    new Map<string, unknown>(
      Object.entries({
        model: 'llama',
        tokens,
        scores: Float32Array.from(tokens, (_, i) => -i),
        token_type: Int32Array.from([
          unknown,
          control,
          control,
          ...bytes.map(() => byte),
          ...words.map(() => normal),
          userDefined,
        ]),
        bos_token_id: 1,
        eos_token_id: 2,
        unknown_token_id: 0,
        ...extra,
      }).map(([key, value]) => [`tokenizer.ggml.${key}`, value]),
    ),
  )
}

const tokenizers: readonly (readonly [string, Tokenizer])[] = [
  ...[
    'gpt-2',
    'smollm',
    'llama-bpe',
    'qwen2',
    'gpt-4o',
    'tekken',
    'deepseek-v3',
    'deepseek-coder',
    'falcon',
    'default',
    'viking',
  ].map((pre) => [`byte level, ${pre}`, byteLevel(pre)] as const),
  ['SentencePiece', sentencePiece({ add_space_prefix: false })],
  ['SentencePiece with a space before', sentencePiece()],
]

describe.each(tokenizers)('%s', (_name, tokenizer) => {
  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const want = text.toWellFormed().replaceAll('▁', tokenizer.kind === 'spm' ? ' ' : '▁')
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(want)
      }),
      { seed: 3 },
    )
  })

  it('decodes one id at a time to the same text, and never half a character', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: tokenizer.vocabularySize - 1 })), fc.boolean(), (ids, special) => {
        const decoder = tokenizer.decoder({ special })
        const parts = ids.map((id) => decoder.push(id))
        expect(parts.join('') + decoder.flush()).toBe(tokenizer.decode(ids, { special }))
        for (const part of parts) expect(part.isWellFormed()).toBe(true)
      }),
      { seed: 4 },
    )
  })

  it('decodes two halves of any split to the whole', () => {
    const ids = tokenizer.encode('héllo wörld 😀 12345 <think> x')
    for (let at = 0; at <= ids.length; at++) {
      const decoder = tokenizer.decoder()
      const first = ids
        .slice(0, at)
        .map((id) => decoder.push(id))
        .join('')
      const second = ids
        .slice(at)
        .map((id) => decoder.push(id))
        .join('')
      expect(first).not.toContain('\ufffd')
      expect(first + second + decoder.flush()).toBe(tokenizer.decode(ids))
    }
  })

  it('joins the bytes of the tokens to the text', () => {
    const text = ' naïve 日本 🏳️‍🌈\n\n  end'
    const bytes = tokenizer.encode(text, { addSpecial: false }).flatMap((id) => [...tokenizer.tokenBytes(id)])
    expect(new TextDecoder().decode(Uint8Array.from(bytes)).trimStart()).toBe(text.trimStart())
  })
})

describe('byte-level BPE', () => {
  const spell = (tokenizer: Tokenizer, text: string, options = {}): string[] =>
    tokenizer.encode(text, { addSpecial: false, ...options }).map((id) => tokenizer.tokenText(id))

  it('merges by rank, leftmost first', () => {
    expect(spell(byteLevel(), 'hello world')).toEqual(['hello', 'Ġwo', 'r', 'l', 'd'])
    expect(spell(byteLevel(), 'aaaaaaa')).toEqual(['aaaa', 'aa', 'a'])
    expect(spell(byteLevel(), 'é')).toEqual(['Ã©'])
  })

  it('cuts digits as the pre-tokenizer says', () => {
    expect(spell(byteLevel('gpt-2'), '123')).toEqual(['123'])
    expect(spell(byteLevel('smollm'), '123')).toEqual(['1', '2', '3'])
    expect(spell(byteLevel('llama-bpe'), '1234')).toEqual(['123', '4'])
  })

  it('reads control tokens only when asked, user-defined ones always, the longest of those that match', () => {
    expect(spell(byteLevel(), 'a<|im_end|><think>')).not.toContain('<|im_end|>')
    expect(spell(byteLevel(), 'a<|im_end|><think>').at(-1)).toBe('<think>')
    expect(spell(byteLevel(), 'a<|im_end|><|im|>', { parseSpecial: true })).toEqual(['a', '<|im_end|>', '<|im|>'])
  })

  it('leaves control tokens out of the text unless asked', () => {
    const tokenizer = byteLevel()
    const ids = tokenizer.encode('a<|im_end|>b', { parseSpecial: true })
    expect(tokenizer.decode(ids)).toBe('ab')
    expect(tokenizer.decode(ids, { special: true })).toBe('a<|im_end|>b')
    expect(tokenizer.isSpecial(ids[1])).toBe(true)
  })

  it('adds BOS and EOS as the file says', () => {
    expect(byteLevel('gpt-2', { add_bos_token: true, add_eos_token: true }).encode('h')).toEqual([268, 104, 269])
    expect(byteLevel('llama-bpe').addsBos).toBe(true)
    expect(byteLevel().encode('h')).toEqual([104])
  })

  it('ends a generation at EOS and at the end of a turn', () => {
    expect([...byteLevel('gpt-2', { eos_token_id: 268 }).endOfGeneration]).toEqual([268, 269])
  })

  it('splits a long word as it splits a short one', () => {
    const tokenizer = byteLevel()
    expect(tokenizer.encode('a'.repeat(100_003)).length).toBe(25_000 + 2)
  })
})

describe('SentencePiece BPE', () => {
  it('merges by score and falls back to bytes', () => {
    const tokenizer = sentencePiece()
    const spelled = tokenizer.encode('ab abé√').map((id) => tokenizer.tokenText(id))
    expect(spelled).toEqual(['<s>', '▁ab', '▁ab', 'é', '<0xE2>', '<0x88>', '<0x9A>'])
  })

  it('keeps the leading space of a text that continues another', () => {
    const tokenizer = sentencePiece()
    const ids = tokenizer.encode('ab', { addSpecial: false })
    expect(tokenizer.decode(ids)).toBe('ab')
    expect(tokenizer.decode(ids, { continues: true })).toBe(' ab')
  })
})

describe('a damaged or unknown file', () => {
  it.each([
    ['no model', { model: undefined }, 'invalid-file', 'tokenizer.ggml.model'],
    ['an unknown model', { model: 'rwkv' }, 'unsupported', 'rwkv'],
    ['an unknown pre-tokenizer', { pre: 'nobody-knows' }, 'unsupported', 'nobody-knows'],
    ['no pre-tokenizer', { pre: undefined }, 'unsupported', 'tokenizer.ggml.pre'],
    ['no merges', { merges: undefined }, 'invalid-file', 'merges'],
    ['a merge of unknown tokens', { merges: ['h zzz'] }, 'invalid-file', 'zzz'],
    ['types of another length', { token_type: [1] }, 'invalid-file', 'token types'],
    ['tokens that are no texts', { tokens: [1, 2] }, 'invalid-file', 'tokens'],
    ['an id that is no number', { bos_token_id: 'x' }, 'invalid-file', 'bos_token_id'],
  ])('%s is an error that names it', (_name, extra, code, named) => {
    const make = (): Tokenizer => byteLevel('gpt-2', extra)
    expect(make).toThrow(expect.objectContaining({ name: 'OstroError', code }))
    expect(make).toThrow(named)
  })

  it('refuses ids outside the vocabulary', () => {
    for (const id of [-1, 1e6, 0.5, Number.NaN]) {
      expect(() => byteLevel().decode([id])).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    }
  })
})
