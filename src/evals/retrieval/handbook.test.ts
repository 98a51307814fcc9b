/** The written sets that come with Ostro, with the default encoder: both ways of searching together are not below either. */
import { describe, expect, it } from 'vitest'
import { realModelPath } from '../../../test/support/models.ts'
import { load } from '../../engine/load.ts'
import { createPassageIndex, encoderOf, openSqliteStore } from '../../retrieval/index.ts'
import { competingSet } from './competing-pages.ts'
import { evaluateRetrieval } from './evaluate.ts'
import { sampleSet } from './sample-set.ts'

const path = await realModelPath('minilm')

describe.skipIf(path === undefined)('hybrid search of written questions', () => {
  it.each([
    { set: sampleSet, least: 0.93 },
    { set: competingSet, least: 0.87 },
  ])(
    'beats words by far, and vectors are not pushed aside: $set.name',
    async ({ set, least }) => {
      await using model = await load(path ?? '', { threads: 1 })
      const encoder = encoderOf(model)
      using index = createPassageIndex(openSqliteStore(':memory:'), encoder)
      using wholeStore = openSqliteStore(':memory:')
      await index.add(set.documents)
      const { methods, pairs } = await evaluateRetrieval(set, index, { wholeStore, encoder })
      const [, , meaning, hybrid] = methods.map(({ mrr }) => mrr)
      expect(hybrid).toBeGreaterThanOrEqual(meaning)
      expect(hybrid).toBeGreaterThan(least)
      expect(pairs.find(({ baseline }) => baseline === 'words')?.interval[0]).toBeGreaterThan(0.1)
    },
    60_000,
  )
})
