/** A cross-encoder in a search: one of the golden set, which gets a vocabulary of letters. Any `Model` with a head for pairs will do. */
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { goldenRoot } from '../../test/support/golden.ts'
import { temporaryFolder } from '../../test/support/temporary.ts'
import { load } from '../engine/load.ts'
import type { Model } from '../engine/model.ts'
import { createPassageIndex, openSqliteStore, type SourceDocument } from './index.ts'

const letters = Array.from('abcdefghijklmnopqrstuvwxyz')
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters, ...letters.map((one) => `##${one}`)]
/** More than a search ranks again; longer ones stand lower by words. */
const documents = Array.from({ length: 40 }, (_, at): SourceDocument => {
  const others = Array.from({ length: at + 1 }, (__, place) => letters[(at * 5 + place * 3) % 26])
  return { path: `${at}.txt`, title: '', text: `bee ${others.join(' ')}` }
})

let reranker: Model

beforeAll(async () => {
  await using folder = await temporaryFolder()
  for (const file of ['config.json', 'model.safetensors'])
    await cp(join(goldenRoot, 'bert-rerank', file), join(folder.path, file))
  await writeFile(join(folder.path, 'vocab.txt'), vocabulary.join('\n'))
  reranker = await load(folder.path, { device: 'reference' })
})

afterAll(() => reranker.dispose())

it('ranks the best 30 as the model does, and leaves the others behind them', async () => {
  using index = createPassageIndex(openSqliteStore(':memory:'))
  await index.add(documents)
  const before = (await index.search('bee', { limit: 40 })).map(({ text }) => text)
  const after = await index.search('bee', { limit: 40, reranker })
  const ranked = await reranker.rerank('bee', before.slice(0, 30), { truncate: true })
  expect(after.slice(0, 30).map(({ text, score }) => [text, score])).toEqual(
    ranked.map(({ index: at, score }) => [before[at], score]),
  )
  expect(after.slice(30).map(({ text }) => text)).toEqual(before.slice(30))
  expect(after.map(({ text }) => text)).not.toEqual(before)
})

it('passes on why a model cannot, and stops with the signal', async () => {
  using index = createPassageIndex(openSqliteStore(':memory:'))
  await index.add(documents)
  const broken = { rerank: () => Promise.reject(new Error('no head')) }
  await expect(index.search('bee', { reranker: broken })).rejects.toThrow('no head')
  const signal = AbortSignal.abort()
  await expect(index.search('bee', { reranker, signal })).rejects.toMatchObject({ code: 'aborted' })
})
