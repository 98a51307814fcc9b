/** The handbook that comes with Ostro, with the default encoder: both ways of searching together find what words alone do not. */
import { expect, it } from 'vitest'
import { realModelPath } from '../../../test/support/models.ts'
import { load } from '../../engine/load.ts'
import { createPassageIndex, encoderOf, openSqliteStore } from '../../retrieval/index.ts'
import { evaluateRetrieval } from './evaluate.ts'
import { sampleSet } from './sample-set.ts'

const path = await realModelPath('minilm')

it.skipIf(path === undefined)(
  'is found by meaning where words do not help, and words do not push it aside',
  async () => {
    await using model = await load(path ?? '', { threads: 1 })
    const encoder = encoderOf(model)
    using index = createPassageIndex(openSqliteStore(':memory:'), encoder)
    using wholeStore = openSqliteStore(':memory:')
    await index.add(sampleSet.documents)
    const { methods, pairs } = await evaluateRetrieval(sampleSet, index, { wholeStore, encoder })
    const [, words, meaning, hybrid] = methods.map(({ mrr }) => mrr)
    expect(words).toBeLessThan(0.6)
    expect(meaning).toBeGreaterThan(0.9)
    expect(hybrid).toBeGreaterThan(0.9)
    expect(pairs.find(({ baseline }) => baseline === 'words')?.interval[0]).toBeGreaterThan(0.2)
  },
  60_000,
)
