/**
 * Real sentence encoders against the float32 oracle on the same weights: token ids, vectors and rankings, through the engine as users
 * load it. Such a case has sentences.json; its weights are not part of the set, so a machine without them skips.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load, type Model } from '../../src/index.ts'
import { goldenF32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { realModelOf, realModelPath } from '../support/models.ts'
import { expectClose, readJson, skipWithoutFolders } from './support.ts'
import type { Tolerance } from './support.ts'

interface EncoderCase {
  readonly case: string
  readonly environment: string
  readonly maxTokens: number
  readonly tolerance: { readonly embeddings: Tolerance; readonly rankings: { readonly reason: string } }
}

interface Ranking {
  readonly query: number
  readonly order: readonly number[]
  readonly cosine: readonly number[]
}

/** Cosines that lie closer may change places: the case says so in words. */
const leastGap = 1e-4

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => existsSync(join(folder, 'sentences.json')))

skipWithoutFolders(folders, 'real encoders')

for (const folder of folders) {
  const info = readJson<EncoderCase>(join(folder, 'case.json'))
  const real = realModelOf(info.environment)
  const path = real && (await realModelPath(real))
  const sentences = readJson<{ text: string; tokens: number[] }[]>(join(folder, 'sentences.json'))
  const texts = sentences.map(({ text }) => text)

  describe.skipIf(path === undefined)(info.case, () => {
    const wanted = goldenF32(readGoldenTensors(join(folder, 'expected.safetensors')), 'embeddings')
    let model: Model
    beforeAll(async () => {
      model = await load(path ?? '', { threads: 2 })
    })
    afterAll(() => model.dispose())

    it('reads its limit from its own files', () => {
      expect(model.info).toMatchObject({ kind: 'encoder', contextTokens: info.maxTokens })
    })

    it('gives the token ids of the oracle', async () => {
      for (const { text, tokens } of sentences) {
        const ids = await model.tokenize(text, { parseSpecial: true })
        const ending = ids.slice(-1)
        const cut = ids.length > info.maxTokens ? [...ids.slice(0, info.maxTokens - 1), ...ending] : ids
        expect(cut, text.slice(0, 60)).toEqual(tokens)
      }
    })

    it('gives the vectors of the oracle', async () => {
      const vectors = await model.embed(texts, { truncate: true })
      const all = vectors.flatMap((vector) => Array.from(vector))
      expectClose(all, wanted, info.tolerance.embeddings, 'embeddings')
    })

    it('ranks as the oracle, but for cosines that are equal within its tolerance', async () => {
      for (const { query, order, cosine } of readJson<Ranking[]>(join(folder, 'rankings.json'))) {
        const others = texts.filter((_, index) => index !== query)
        const ranked = await model.rerank(texts[query], others, { method: 'embedding', truncate: true })
        const indices = ranked.map(({ index }) => (index < query ? index : index + 1))
        const cosineOf = new Map(order.map((index, place) => [index, cosine[place]]))
        indices.forEach((index, place) => {
          const distance = Math.abs((cosineOf.get(index) ?? NaN) - cosine[place])
          expect(index === order[place] || distance < leastGap, `query ${query}, place ${place}`).toBe(true)
        })
      }
    })
  })
}
