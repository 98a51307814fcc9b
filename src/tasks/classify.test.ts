import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScoringModel } from '../tools/scoring-model.ts'
import { classify, sentiment } from './classify.ts'
import { calibrationError, fitCalibration, fitScaling } from './label-calibration.ts'

/** Log-probability of a text by its heading; prompts are kept. */
function scripted(score: (text: string, heading: string) => number) {
  const prompts: string[] = []
  const model: ScoringModel = {
    chat: () => {
      throw new Error('not asked for')
    },
    scoreContinuations: async (prompt, continuations) => {
      if (typeof prompt !== 'string') throw new Error('not asked for')
      prompts.push(prompt)
      const heading = prompt.split('\n').findLast((line) => line !== 'Text:') ?? ''
      return continuations.map((text) => ({ logprob: score(text.trim(), heading), tokens: 1 }))
    },
  }
  return { model, prompts }
}

describe('classify', () => {
  it('chooses the label that makes the text most probable', async () => {
    const { model } = scripted((text, heading) => (text === 'votes' && heading === 'Category: politics' ? -2 : -4))
    const { labels, probabilities } = await classify(model, 'votes', ['sport', 'politics'])
    expect(labels).toEqual(['politics'])
    expect(probabilities['politics']).toBeCloseTo(1 / (1 + Math.exp(-2)), 6)
    const even = await classify(model, 'weather', ['sport', 'politics'])
    expect(even.probabilities['sport']).toBeCloseTo(0.5, 6)
  })

  it('gives the same probabilities whatever the order of the labels', async () => {
    const { model } = scripted((text, heading) => -((text.length * 7 + heading.length * 3) % 5))
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom('art', 'article', 'law', 'a b'), { minLength: 2 }),
        async (labels) => {
          const there = await classify(model, 'some text', labels)
          const back = await classify(model, 'some text', labels.toReversed())
          for (const label of labels) expect(back.probabilities[label]).toBeCloseTo(there.probabilities[label], 12)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('abstains below a probability', async () => {
    const { model } = scripted(() => -1)
    expect((await classify(model, 'x', ['a', 'b'], { abstainBelow: 0.6 })).labels).toEqual([])
  })

  it('judges each label by itself where several may fit', async () => {
    const { model } = scripted((_, heading) => (/sport|politics/.test(heading) ? -1 : heading === '' ? -3 : -9))
    const { labels } = await classify(model, 'goal and vote', ['sport', 'cooking', 'politics'], { multi: true })
    expect(labels).toEqual(['sport', 'politics'])
  })

  it('shows examples first', async () => {
    const { model, prompts } = scripted(() => -1)
    await sentiment(model, 'bad', { examples: [{ text: 'great', label: 'positive' }] })
    expect(prompts).toContain('Mood of the text: positive\nText: great\n\nMood of the text: negative\nText:')
  })

  it('refuses an empty text', async () => {
    await expect(classify(scripted(() => 0).model, ' ', ['a', 'b'])).rejects.toMatchObject({ code: 'input-empty' })
  })

  it.each([
    ['one label', 'x', ['a']],
    ['a label twice', 'x', ['a', 'a']],
    ['an empty label', 'x', ['a', '']],
    ['a label of two lines', 'x', ['a', 'b\nc']],
  ])('refuses %s', async (_, text, labels) => {
    await expect(classify(scripted(() => 0).model, text, labels)).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

describe('calibration', () => {
  const items = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ text: `t${index}`, label: index % 4 === 0 ? 'a' : 'b' }))

  it('finds the temperature and the bias that made the labels', () => {
    // Labels drawn from softmax(scores / 3 + [0.8, 0]) on a grid, each outcome as often as it is probable.
    const scores: number[][] = []
    const truth: number[] = []
    for (let score = -6; score <= 6; score += 0.5) {
      const share = 1 / (1 + Math.exp(-(score / 3 + 0.8)))
      for (let n = 0; n < 20; n++) {
        scores.push([score, 0])
        truth.push(n < share * 20 ? 0 : 1)
      }
    }
    const { temperature, biases } = fitScaling(scores, truth)
    expect(temperature).toBeGreaterThan(2.4)
    expect(temperature).toBeLessThan(3.8)
    expect(biases[0] - biases[1]).toBeCloseTo(0.8, 0)
  })

  it('makes an overconfident model honest', async () => {
    // Says 99 % and is right three times of four.
    const { model } = scripted((_, heading) => (heading === 'Category: b' ? 0 : -5))
    const before = await Promise.all(items(40).map(({ text }) => classify(model, text, ['a', 'b'])))
    const calibration = await fitCalibration(model, items(40), ['a', 'b'])
    const after = await Promise.all(items(40).map(({ text }) => classify(model, text, ['a', 'b'], { calibration })))
    const errorOf = (results: typeof before) =>
      calibrationError(
        results.map(({ labels: [label], probabilities }, index) => ({
          probability: probabilities[label],
          right: label === items(40)[index].label,
        })),
      )
    expect(errorOf(before)).toBeGreaterThan(0.15)
    expect(errorOf(after)).toBeLessThan(0.1)
  })

  it('refuses too few items, a label without one, and labels it was not fitted for', async () => {
    const { model } = scripted(() => 0)
    await expect(fitCalibration(model, items(19), ['a', 'b'])).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(fitCalibration(model, items(40), ['a', 'b', 'c'])).rejects.toThrow('"c"')
    const calibration = { temperature: 1, biases: { a: 0 } }
    await expect(classify(model, 'x', ['a', 'b'], { calibration })).rejects.toThrow('fitted without the label "b"')
  })
})
