/** What a model's own files say of its vectors, and that what Ostro cannot do is refused by name. */
import { describe, expect, it } from 'vitest'
import { readSentenceSettings, sentenceSettingsOfGguf } from './sentence-settings.ts'

const from = (files: Readonly<Record<string, unknown>>) => readSentenceSettings(async (path) => files[path])
const module = (kind: string, path = '') => ({ type: `sentence_transformers.models.${kind}`, path })
const modules = [module('Transformer'), module('Pooling', '1_Pooling'), module('Normalize', '2_Normalize')]

describe('readSentenceSettings', () => {
  it('reads pooling, normalising and the longest text', async () => {
    const files = {
      'modules.json': modules,
      '1_Pooling/config.json': { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
      'sentence_bert_config.json': { max_seq_length: 128 },
    }
    expect(await from(files)).toEqual({ pooling: 'cls', normalizes: true, mostTokens: 128 })
    const other = { 'modules.json': modules.slice(0, 2), '1_Pooling/config.json': { pooling_mode: 'mean' } }
    expect(await from(other)).toEqual({ pooling: 'mean', normalizes: false, mostTokens: undefined })
  })

  it('takes the mean, scaled to length 1, where there are no such files', async () => {
    expect(await from({})).toEqual({ pooling: 'mean', normalizes: true, mostTokens: undefined })
  })

  it.each([
    ['a dense layer', { 'modules.json': [module('Dense', '2_Dense')] }, 'unsupported', "'Dense'"],
    [
      'another pooling',
      { 'modules.json': modules, '1_Pooling/config.json': { pooling_mode_max_tokens: true } },
      'unsupported',
      "'max_tokens'",
    ],
    [
      'two poolings',
      {
        'modules.json': modules,
        '1_Pooling/config.json': { pooling_mode_max_tokens: true, pooling_mode_mean_tokens: true },
      },
      'unsupported',
      'max_tokens and mean_tokens',
    ],
    ['no pooling settings', { 'modules.json': modules }, 'invalid-file', '1_Pooling/config.json: expected an object'],
    ['a path that leads out', { 'modules.json': [module('Pooling', '../..')] }, 'invalid-file', 'folder beside it'],
    ['no list', { 'modules.json': {} }, 'invalid-file', 'a list of modules'],
    [
      'a limit that is none',
      { 'modules.json': [], 'sentence_bert_config.json': { max_seq_length: '9' } },
      'invalid-file',
      'max_seq_length',
    ],
  ])('%s is refused', async (_, files, code, message) => {
    await expect(from(files)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string })
  })
})

describe('sentenceSettingsOfGguf', () => {
  it('reads the pooling type', () => {
    const file = (type: number | undefined) =>
      new Map<string, unknown>([
        ['general.architecture', 'bert'],
        ['bert.pooling_type', type],
      ])
    expect(sentenceSettingsOfGguf(file(undefined)).pooling).toBe('mean')
    expect(sentenceSettingsOfGguf(file(2)).pooling).toBe('cls')
    expect(() => sentenceSettingsOfGguf(file(3))).toThrow(/pooling type '3' is not known/)
  })
})
