/** SentencePiece files against the library that made them (test/golden/sentencepiece). */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tokenizerFromSentencePiece } from './from-sentencepiece.ts'
import { readSentencePieceFile } from './sentencepiece-file.ts'

const folder = new URL('../../test/golden/sentencepiece/', import.meta.url)
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)))

interface Case {
  readonly text: string
  readonly ids: readonly number[]
  readonly decoded: string
}

const { cases } = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as {
  readonly cases: Readonly<Record<string, readonly Case[]>>
}

describe.each(Object.entries(cases))('%s', (name, rows) => {
  const tokenizer = tokenizerFromSentencePiece(read(`${name}.model`))

  it('gives the ids of the library', () => {
    for (const { text, ids } of rows)
      expect(tokenizer.encode(text, { addSpecial: false }), JSON.stringify(text)).toEqual(ids)
  })

  it('gives the text of the library, where every character has a piece', () => {
    // A text that begins with the mark of spaces itself loses it there.
    const texts = rows.filter(({ text }) => !text.startsWith('\u2581'))
    const known = texts.filter(({ ids }) => !ids.some((id) => tokenizer.isSpecial(id)))
    expect(known.length).toBeGreaterThan(40)
    for (const { ids, decoded } of known) expect(tokenizer.decode(ids)).toBe(decoded)
  })
})

describe('with a vocab.json', () => {
  const file = readSentencePieceFile(read('bpe.model'))
  const pieces = file.pieces.map(({ text }) => text)
  const reversed = Object.fromEntries([...pieces.toReversed(), '>>fra<<', '<pad>'].map((text, id) => [text, id]))
  const tokenizer = tokenizerFromSentencePiece(read('bpe.model'), { vocabulary: reversed, added: ['__de__'] })

  it('numbers pieces as the vocabulary does', () => {
    const plain = tokenizerFromSentencePiece(read('bpe.model'))
    const text = 'The model reads a file.'
    const ids = plain.encode(text).map((id) => reversed[pieces[id]])
    expect(tokenizer.encode(text)).toEqual(ids)
    expect(tokenizer.decode(ids)).toBe(text)
    expect(ids.at(-1)).toBe(tokenizer.eos)
  })

  it('knows languages and padding as control tokens', () => {
    expect(tokenizer.idOf('__de__')).toBe(pieces.length + 2)
    expect(tokenizer.vocabularySize).toBe(pieces.length + 3)
    for (const text of ['__de__', '>>fra<<', '<pad>'])
      expect(tokenizer.isSpecial(tokenizer.idOf(text) ?? -1)).toBe(true)
    expect(tokenizer.pad).toBe(tokenizer.idOf('<pad>'))
  })

  it('takes a piece that the vocabulary lacks as unknown', () => {
    const few = { '<unk>': 0, '</s>': 1, '\u2581a': 2 }
    const small = tokenizerFromSentencePiece(read('bpe.model'), { vocabulary: few })
    expect(small.encode('a model')).toContain(2)
    expect(small.encode('a model')).toContain(0)
  })

  it.each([{ a: -1 }, { a: 7 }, { a: 'x' }, [], 'x'])('refuses %j', (vocabulary) => {
    expect(() => tokenizerFromSentencePiece(read('bpe.model'), { vocabulary })).toThrow(
      expect.objectContaining({ code: 'invalid-file' }),
    )
  })
})

describe('damaged files', () => {
  it('are refused or read, never worse', () => {
    const bytes = read('unigram-bytes.model')
    for (let at = 0; at < 600; at++) {
      const damaged = bytes.slice(0, at % 2 === 0 ? bytes.length : at * 7)
      if (damaged.length > at) damaged[at] ^= 0xff
      try {
        readSentencePieceFile(damaged)
      } catch (error) {
        expect(error).toMatchObject({ name: 'OstroError', code: expect.stringMatching(/invalid-file|unsupported/) })
      }
    }
  })

  it('of words or characters are refused by name', () => {
    // pieces: one piece "a"; trainer_spec: model_type = WORD.
    const bytes = Uint8Array.of(0x0a, 3, 0x0a, 1, 0x61, 0x12, 2, 0x18, 3)
    expect(() => readSentencePieceFile(bytes)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})
