/** Translators as a user has them: a folder of one's own, through a worker, on both devices. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder, type TemporaryFolder } from '../../test/support/temporary.ts'
import { type TranslatorFamily, writeTinyTranslator } from '../../test/support/tiny-translator.ts'
import { bytesSource, type GgufValue, readSafetensors, writeGguf, type WriteGgufOptions } from '../formats/index.ts'
import { openModel } from '../models/index.ts'
import { readSentencePieceFile } from '../tokenizer/sentencepiece-file.ts'
import { load } from './load.ts'
import type { LoadOptions } from './model-info.ts'
import type { TranslateOptions, Translation } from './translation.ts'

let root: TemporaryFolder
const families: readonly TranslatorFamily[] = ['m2m100', 'marian', 't5']
const pathOf = (family: TranslatorFamily): string => join(root.path, family)

beforeAll(async () => {
  root = await temporaryFolder()
  for (const family of families) {
    await mkdir(pathOf(family))
    await writeTinyTranslator(pathOf(family), family)
  }
})
afterAll(() => root[Symbol.asyncDispose]())

const open = (family: TranslatorFamily, options: LoadOptions = {}) =>
  load(pathOf(family), { kv: 'f32', threads: 2, ...options })

const languages: Readonly<Record<TranslatorFamily, TranslateOptions>> = {
  m2m100: { from: 'en', to: 'fr' },
  marian: { to: 'fra' },
  t5: { from: 'en', to: 'de' },
}

/** Options that are refused, and the option that the refusal names. */
const foreign: Readonly<Record<TranslatorFamily, readonly (readonly [TranslateOptions, string])[]>> = {
  m2m100: [
    [{ to: 'fr' }, 'from'],
    [{ from: 'xx', to: 'fr' }, 'from'],
    [{ from: 'en', to: 'xx' }, 'to'],
  ],
  marian: [
    [{ to: 'deu' }, 'to'],
    [{ from: 'deu' }, 'from'],
  ],
  t5: [
    [{ to: 'de' }, 'from'],
    [{ from: 'en', to: 'no language' }, 'to'],
  ],
}

describe.each(families)('%s', (family) => {
  it('says the same on both devices, again, and beside others', async () => {
    await using model = await open(family)
    await using reference = await open(family, { device: 'reference' })
    expect(model.info.kind).toBe('translator')
    const texts = ['The model reads a file.', 'a', 'Weights are packed once at load, and kept.']
    for (const beams of [1, 3]) {
      const options = { ...languages[family], beams, maxTokens: 12 }
      const together = await Promise.all(texts.map((text) => model.translate(text, options)))
      for (const [index, text] of texts.entries()) {
        const translation = await model.translate(text, options)
        const expected = await reference.translate(text, options)
        expect(translation).toEqual(together[index])
        expect(translation.score).toBeCloseTo(expected.score, 3)
        const textsOf = ({ candidates }: Translation) => candidates.map((candidate) => candidate.text)
        expect(textsOf(translation)).toEqual(textsOf(expected))
        expect(translation.candidates.length).toBeLessThanOrEqual(beams)
      }
    }
  })

  it('refuses languages that it does not have, or needs and does not get', async () => {
    await using model = await open(family)
    for (const [options, option] of foreign[family]) {
      const refused = { code: 'invalid-argument', fields: { option } }
      await expect(model.translate('Hello', options), JSON.stringify(options)).rejects.toMatchObject(refused)
    }
  })
})

it('languages change what is said', async () => {
  await using model = await open('m2m100')
  const [french, german] = await Promise.all(
    ['fr', 'de'].map((to) => model.translate('The model reads a file.', { from: 'en', to })),
  )
  expect(french.text).not.toBe(german.text)
  // The language itself is no part of the text.
  expect(french.text).not.toContain('__')
})

it('T5 says from a GGUF file what it says from its folder', async () => {
  const folder = pathOf('t5')
  const path = join(root.path, 't5.gguf')
  await writeFile(path, writeGguf(await ggufOf(folder)))
  await using fromFolder = await open('t5')
  await using fromFile = await load(path, { kv: 'f32', threads: 1 })
  for (const text of ['The model reads a file.', 'Pages are shared.']) {
    const options = { beams: 2, maxTokens: 10 }
    const [expected, got] = [await fromFolder.translate(text, options), await fromFile.translate(text, options)]
    expect(got.candidates.map((candidate) => candidate.text)).toEqual(
      expected.candidates.map((candidate) => candidate.text),
    )
    expect(got.score).toBeCloseTo(expected.score, 4)
    expect(got.usage).toEqual(expected.usage)
  }
})

/** The tiny T5 as llama.cpp's converter lays such a model out. */
async function ggufOf(folder: string): Promise<WriteGgufOptions> {
  const read = async (file: string) => new Uint8Array(await readFile(join(folder, file)))
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>
  const { tensors } = await readSafetensors(bytesSource(await read('model.safetensors')))
  const { weights } = await openModel({ format: 'safetensors', config, tensors })
  const { pieces, normalizer } = readSentencePieceFile(await read('spiece.model'))
  const added = [3, 2, 1, 0].map((index) => `<extra_id_${index}>`)
  const stored = [...weights.values()].filter(({ name }) => name.endsWith('.weight'))
  return {
    metadata: new Map<string, GgufValue | readonly string[]>([
      ['general.architecture', 't5'],
      ['t5.context_length', 512],
      ['t5.block_count', config['num_layers'] as number],
      ['t5.embedding_length', config['d_model'] as number],
      ['t5.feed_forward_length', config['d_ff'] as number],
      ['t5.attention.head_count', config['num_heads'] as number],
      ['t5.attention.key_length', config['d_kv'] as number],
      ['t5.attention.relative_buckets_count', 32],
      ['t5.decoder_start_token_id', 0],
      ['tokenizer.ggml.model', 't5'],
      ['tokenizer.ggml.tokens', [...pieces.map(({ text }) => text), ...added]],
      ['tokenizer.ggml.scores', Float32Array.from([...pieces.map(({ score }) => score), 0, 0, 0, 0])],
      ['tokenizer.ggml.token_type', Int32Array.from([...pieces.map(({ type }) => type), 3, 3, 3, 3])],
      ['tokenizer.ggml.precompiled_charsmap', normalizer.charsmap ?? new Uint8Array()],
      ['tokenizer.ggml.remove_extra_whitespaces', normalizer.collapsesSpaces],
      ['tokenizer.ggml.unknown_token_id', 2],
      ['tokenizer.ggml.eos_token_id', 1],
      ['tokenizer.ggml.padding_token_id', 0],
    ]),
    tensors: stored.map(({ name, shape, type, sizeBytes, read: readBytes }) => ({
      name,
      shape,
      type: type as 'f32',
      async *data() {
        const bytes = new Uint8Array(sizeBytes)
        await readBytes(0, bytes)
        yield bytes
      },
    })),
  }
}

describe('limits', () => {
  it('refuses what cannot be, by name', async () => {
    await using model = await open('marian', { context: 64 })
    await expect(model.translate('word '.repeat(80))).rejects.toMatchObject({ code: 'context-overflow' })
    for (const options of [{ beams: 0 }, { beams: 9 }, { maxTokens: 0 }, { lengthPenalty: NaN }]) {
      await expect(model.translate('a', options)).rejects.toMatchObject({ code: 'invalid-argument' })
    }
    await expect(model.complete('a')).rejects.toMatchObject({ code: 'unsupported', fields: { kind: 'translator' } })
    await expect(model.embed(['a'])).rejects.toMatchObject({ code: 'unsupported' })
    const aborted = AbortSignal.abort()
    await expect(model.translate('a', { signal: aborted })).rejects.toMatchObject({ code: 'aborted' })
    // All that was refused has given back what it took.
    const all = Array.from({ length: 20 }, () => model.translate('a', { beams: 8, maxTokens: 3 }))
    expect(new Set((await Promise.all(all)).map(({ text }) => text)).size).toBe(1)
  })

  it('stops soon when its signal fires', async () => {
    await using model = await open('m2m100')
    const controller = new AbortController()
    const running = model.translate('The model reads a file.', { ...languages.m2m100, signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
    expect(await model.translate('a', languages.m2m100)).toHaveProperty('text')
  })

  it('refuses more positions than the model has, and folders that lack a part', async () => {
    await expect(open('marian', { context: 4096 })).rejects.toMatchObject({ code: 'invalid-argument' })
    const folder = join(root.path, 'broken')
    await mkdir(folder)
    await writeTinyTranslator(folder, 'marian')
    await rm(join(folder, 'vocab.json'))
    await expect(load(folder)).rejects.toMatchObject({ code: 'not-found' })
    await writeTinyTranslator(folder, 'marian')
    await writeFile(join(folder, 'generation_config.json'), '{"eos_token_id": "x"}')
    await expect(load(folder)).rejects.toMatchObject({ code: 'invalid-file', fields: { key: 'eos_token_id' } })
  })
})
