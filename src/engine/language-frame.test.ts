/** Where each family of translators names its languages. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tokenizerFromSentencePiece } from '../tokenizer/index.ts'
import { frameSource } from './language-frame.ts'
import { readTranslationSettings, type TranslationSettings } from './translation-settings.ts'

const model = new Uint8Array(readFileSync(new URL('../../test/golden/sentencepiece/bpe.model', import.meta.url)))
const settingsOf = (config: Record<string, unknown>, tokenizerConfig?: Record<string, unknown>): TranslationSettings =>
  readTranslationSettings(
    {
      format: 'safetensors',
      config: { decoder_start_token_id: 2, eos_token_id: 2, ...config },
      tensors: new Map(),
    },
    { generation: undefined, tokenizerConfig, targetTokenizer: undefined },
    undefined,
  )
const tokenizerWith = (...added: string[]) => tokenizerFromSentencePiece(model, { added })
const text = 'The model reads'
const plain = tokenizerWith().encode(text)

describe('frameSource', () => {
  it.each([
    ['NLLB', ['eng_Latn', 'fra_Latn'], 'eng_Latn', 'fra_Latn'],
    ['M2M-100', ['__en__', '__fr__'], 'en', 'fr'],
  ])('%s: before the source, and first in the target', (_, added, from, to) => {
    const tokenizer = tokenizerWith(...added)
    const framed = frameSource(text, { from, to }, tokenizer, settingsOf({ model_type: 'm2m_100' }))
    expect(framed).toEqual({ tokens: [tokenizer.idOf(added[0]), ...plain], forcedFirst: tokenizer.idOf(added[1]) })
  })

  it.each([
    ['MADLAD-400', '<2de>', 't5'],
    ['Marian', '>>de<<', 'marian'],
  ])('%s: before the source', (_, token, type) => {
    const tokenizer = tokenizerWith(token, '<2en>')
    const framed = frameSource(text, { to: 'de' }, tokenizer, settingsOf({ model_type: type }))
    expect(framed).toEqual({ tokens: [tokenizer.idOf(token), ...plain], forcedFirst: undefined })
    expect(() => frameSource(text, { to: 'xx' }, tokenizer, settingsOf({ model_type: type }))).toThrow(/'xx'/)
  })

  it('T5: in words, its own where its files have them', () => {
    const tokenizer = tokenizerWith()
    const own = { translation_en_to_fr: { prefix: 'in French: ' } }
    const settings = settingsOf({ model_type: 't5', task_specific_params: own })
    const asked = (to: string) => tokenizer.decode(frameSource(text, { from: 'en', to }, tokenizer, settings).tokens)
    expect(asked('fr')).toBe(`in French: ${text}`)
    expect(asked('de')).toBe(`translate English to German: ${text}`)
    expect(tokenizer.decode(frameSource(text, {}, tokenizer, settings).tokens)).toBe(text)
  })

  it('a model of two languages: nothing, and only these two', () => {
    const settings = settingsOf({ model_type: 'marian' }, { source_lang: 'eng', target_lang: 'deu' })
    const tokenizer = tokenizerWith()
    for (const pair of [{}, { to: 'deu' }, { from: 'eng' }, { from: 'eng', to: 'deu' }]) {
      expect(frameSource(text, pair, tokenizer, settings)).toEqual({ tokens: plain, forcedFirst: undefined })
    }
    expect(() => frameSource(text, { to: 'fra' }, tokenizer, settings)).toThrow(/'deu'/)
  })

  it('a piece of words is no language', () => {
    const tokenizer = tokenizerWith()
    const piece = tokenizer.tokenText(100)
    expect(() =>
      frameSource(text, { from: piece, to: piece }, tokenizer, settingsOf({ model_type: 'm2m_100' })),
    ).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})

describe('readTranslationSettings', () => {
  it('takes what the files say, the generation settings first', () => {
    const settings = readTranslationSettings(
      {
        format: 'safetensors',
        config: { decoder_start_token_id: 7, eos_token_id: 0, num_beams: 6, bad_words_ids: [[7], [1, 2]] },
        tensors: new Map(),
      },
      { generation: { num_beams: 3, eos_token_id: [0, 5] }, tokenizerConfig: undefined, targetTokenizer: undefined },
      undefined,
    )
    expect(settings).toMatchObject({
      startToken: 7,
      beams: 3,
      suppressed: [7],
      lengthPenalty: 1,
      forcedFirst: undefined,
    })
    expect([...settings.endTokens]).toEqual([0, 5])
  })

  it.each([
    ['decoder_start_token_id', { decoder_start_token_id: undefined }],
    ['decoder_start_token_id', { decoder_start_token_id: -1 }],
    ['forced_bos_token_id', { forced_bos_token_id: 0.5 }],
    ['bad_words_ids', { bad_words_ids: [7] }],
    ['num_beams', { num_beams: 'many' }],
  ])('refuses %s: %j', (key, config) => {
    expect(() => settingsOf(config)).toThrow(
      expect.objectContaining({ code: 'invalid-file', fields: expect.objectContaining({ key }) }),
    )
  })
})
