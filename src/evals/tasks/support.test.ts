import { describe, expect, it } from 'vitest'
import { realModelPath } from '../../../test/support/models.ts'
import { load } from '../../engine/load.ts'
import { evaluateSupport } from './support.ts'

const path = await realModelPath('minilm')

describe('sentences that a text supports, told from those that it does not', () => {
  it('by words: most are kept', async () => {
    const [words] = await evaluateSupport(undefined, 'development')
    expect(words.kept.items).toBe(24)
    expect(words.kept.right).toBeGreaterThanOrEqual(16)
    expect(words.refused.right).toBeGreaterThanOrEqual(13)
  })

  it.skipIf(path === undefined)(
    'with an encoder: what only shares words is refused',
    async () => {
      await using encoder = await load(path ?? '', { threads: 1 })
      const [, byMeaning] = await evaluateSupport(encoder, 'development')
      expect(byMeaning.kept.right).toBeGreaterThanOrEqual(18)
      expect(byMeaning.refused.right).toBeGreaterThanOrEqual(19)
    },
    60_000,
  )
})
