/** Encoders as users see them: vectors and ranks by texts, on models of the golden set that get a vocabulary of letters. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenF32, goldenI32, goldenRoot, readGoldenTensors } from '../../test/support/golden.ts'
import { tinyBaseModel } from '../../test/support/tiny-chat-model.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'

const letters = Array.from('abcdefghijklmnopqrstuvwxyz')
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters, ...letters.map((one) => `##${one}`)]

let folder: string
let encoder: Model
let ranker: Model

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostro-encoder-'))
  for (const name of ['bert', 'bert-rerank']) {
    for (const file of ['config.json', 'model.safetensors']) {
      await cp(join(goldenRoot, name, file), join(folder, name, file))
    }
    await writeFile(join(folder, name, 'vocab.txt'), `${vocabulary.join('\n')}\n`)
  }
  encoder = await load(join(folder, 'bert'), { threads: 2 })
  ranker = await load(join(folder, 'bert-rerank'), { device: 'reference' })
})

afterAll(async () => {
  await encoder.dispose()
  await ranker.dispose()
  await rm(folder, { recursive: true })
})

/** The texts of row `row` between its control tokens; undefined where a text begins in the middle of a word. */
function spell(row: number): string[] | undefined {
  const expected = readGoldenTensors(join(goldenRoot, 'bert-rerank', 'expected.safetensors'))
  const [ids, mask] = [goldenI32(expected, 'input_ids'), goldenI32(expected, 'attention_mask')]
  const width = expected.get('input_ids')?.shape[1] ?? 0
  const real = Array.from({ length: width }, (_, at) => row * width + at).filter((at) => mask[at] === 1)
  const tokens = real.map((at) => vocabulary[ids[at]] ?? '')
  const texts = tokens.join(' ').split(/\[CLS\]|\[SEP\]/)
  const between = texts.map((text) => text.trim()).filter((text) => text !== '')
  return between.some((text) => text.startsWith('##')) ? undefined : between.map((text) => text.replaceAll(' ##', ''))
}

describe('embed', () => {
  const texts = ['ab', 'cdefg hij', 'k', 'a b c d e f g h i j k l m n o p q r s t', 'ab']

  it('says what the model is', () => {
    expect(encoder.info).toMatchObject({ kind: 'encoder', architecture: 'bert', contextTokens: 40, infill: false })
    expect(encoder.info.vocabularySize).toBe(vocabulary.length)
  })

  it('gives each text the vector that it has alone, of length 1', async () => {
    const together = await encoder.embed(texts)
    for (const [index, vector] of together.entries()) {
      expect(vector).toHaveLength(encoder.info.width)
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
      expect((await encoder.embed([texts[index]]))[0]).toEqual(vector)
    }
    expect(together[4]).toEqual(together[0])
    expect(await encoder.embed([])).toEqual([])
  })

  it('serves many callers side by side, more texts than a run takes', async () => {
    const many = Array.from({ length: 200 }, (_, index) => texts[index % texts.length])
    const [one, two] = await Promise.all([encoder.embed(many), encoder.embed(many.toReversed())])
    expect(two.toReversed()).toEqual(one)
  })

  it('scales to length 1 as the files say, or as asked', async () => {
    const [raw] = await encoder.embed(['ab'], { normalize: false })
    expect(Math.hypot(...raw)).not.toBeCloseTo(1, 2)
    await writeFile(
      join(folder, 'bert', 'modules.json'),
      JSON.stringify([{ type: 'models.Transformer' }, { type: 'models.Pooling', path: '1_Pooling' }]),
    )
    await mkdir(join(folder, 'bert', '1_Pooling'))
    await writeFile(join(folder, 'bert', '1_Pooling', 'config.json'), '{"pooling_mode_cls_token": true}')
    await writeFile(join(folder, 'bert', 'sentence_bert_config.json'), '{"max_seq_length": 12}')
    await using first = await load(join(folder, 'bert'), { device: 'reference' })
    expect(first.info.contextTokens).toBe(12)
    const [cls] = await first.embed(['ab'])
    expect(Math.hypot(...cls)).not.toBeCloseTo(1, 2)
    expect(cls).not.toEqual(raw)
    await expect(load(join(folder, 'bert'), { context: 41 })).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('refuses a text that is too long with both counts, or cuts it where asked', async () => {
    const long = letters.join(' ').repeat(2)
    const counts = { index: 1, textTokens: (await encoder.tokenize(long)).length, contextTokens: 40 }
    await expect(encoder.embed(['a', long])).rejects.toMatchObject({ code: 'context-overflow', fields: counts })
    const kept = letters.concat(letters).slice(0, 38).join(' ')
    const [cut, whole] = await encoder.embed([long.replace('za', 'z a'), kept], { truncate: true })
    expect(cut).toEqual(whole)
  })

  it('stops at the signal', async () => {
    const controller = new AbortController()
    const work = encoder.embed(Array<string>(5000).fill('a b c d e'), { signal: controller.signal })
    controller.abort()
    await expect(work).rejects.toMatchObject({ code: 'aborted' })
    expect(await encoder.embed(['a'])).toHaveLength(1)
  })
})

describe('rerank', () => {
  it('scores pairs as the oracle', async () => {
    const expected = readGoldenTensors(join(goldenRoot, 'bert-rerank', 'expected.safetensors'))
    const logits = goldenF32(expected, 'score')
    const rows = Array.from(logits.keys()).filter((row) => spell(row)?.length === 2)
    expect(rows).not.toHaveLength(0)
    for (const row of rows) {
      const [query = '', document = ''] = spell(row) ?? []
      const [{ score }] = await ranker.rerank(query, [document])
      expect(Math.abs(score - 1 / (1 + Math.exp(-logits[row])))).toBeLessThan(1e-5)
    }
  })

  it('orders documents and keeps the best', async () => {
    const documents = ['a', 'b c', 'x y z', 'b c']
    const all = await ranker.rerank('q', documents)
    expect(all.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3])
    expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).toSorted((a, b) => b - a))
    expect(await ranker.rerank('q', documents, { topN: 2 })).toEqual(all.slice(0, 2))
    await expect(ranker.rerank('q', documents, { topN: 0 })).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('refuses pairs that are too long, or cuts them where asked', async () => {
    const long = letters.concat(letters).join(' ')
    await expect(ranker.rerank('a', ['b', long])).rejects.toMatchObject({
      code: 'context-overflow',
      fields: { index: 1, textTokens: 56, contextTokens: 40 },
    })
    expect(await ranker.rerank('a', ['b', long], { truncate: true })).toHaveLength(2)
  })

  it('says what to do where the model has no head, and compares vectors where asked', async () => {
    await expect(encoder.rerank('ab', ['cd'])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining("method: 'embedding'") as string,
    })
    const ranked = await encoder.rerank('ab', ['cd', 'ab'], { method: 'embedding' })
    expect(ranked[0]).toMatchObject({ index: 1, score: expect.closeTo(1, 5) as number })
    await using decoder = await load(tinyBaseModel, { device: 'reference' })
    await expect(decoder.rerank('a', ['b'])).rejects.toMatchObject({ code: 'unsupported' })
    expect(await decoder.rerank('a', ['b', 'a'], { method: 'embedding' })).toMatchObject([{ index: 1 }, { index: 0 }])
  })
})

describe('what encoders do not do', () => {
  it('is refused by name', async () => {
    const chat = async () => {
      for await (const event of encoder.chat([{ role: 'user', content: 'a' }])) return event
      return undefined
    }
    const refused = { code: 'unsupported', message: expect.stringContaining('is an encoder') as string }
    await expect(chat()).rejects.toMatchObject(refused)
    await expect(encoder.complete('a')).rejects.toMatchObject(refused)
    await expect(encoder.logits([2, 3])).rejects.toMatchObject(refused)
    expect(await encoder.detokenize(await encoder.tokenize('ab c'))).toBe('ab c')
    expect((await encoder.plan()).length).toBeGreaterThan(10)
    const profile = await encoder.profile(50, 1)
    expect(profile.map(({ op }) => op)).toContain('matmul:f32:bias')
  })
})
