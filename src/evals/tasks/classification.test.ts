import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { type ClassificationSet, evaluateClassification, plainAnswer } from './classification.ts'
import { sentimentHeldOut } from './sentiment-held-out.ts'
import { sentimentSet } from './sentiment-set.ts'
import { topicHeldOut } from './topic-held-out.ts'
import { topicSet } from './topic-set.ts'

const signal = new AbortController().signal
const set: ClassificationSet = {
  name: 'test',
  question: 'Kind',
  labels: ['sport', 'sports law'],
  items: Array.from({ length: 40 }, (_, index) => ({
    text: `text ${index}`,
    label: index % 4 < 2 ? 'sport' : 'sports law',
  })),
}

describe('evaluateClassification', () => {
  it('pairs labels by probability with generated ones, and calibrates each half by the other', async () => {
    // Knows the label of three texts of four, and is equally sure of all.
    const model = scriptedModel({
      answers: ['It is sport.'],
      score: (text, continuation) => {
        const index = Number(continuation.trim().split(' ')[1])
        const isSport = index % 4 < 2 !== [1, 4].includes(index % 8)
        return text.includes('sports law') === isSport ? -9 : -1
      },
    })
    const report = await evaluateClassification(model, set, signal)
    expect(report.methods).toMatchObject([
      { method: 'classify', right: 30 },
      { method: 'plain answer', right: 20 },
    ])
    expect(report.pairs[0]).toMatchObject({ onlyMethod: 20, onlyBaseline: 10 })
    expect(report.calibrationError.before).toBeGreaterThan(0.2)
    expect(report.calibrationError.after).toBeLessThan(0.1)
  })

  it('reads the label that an answer names first, of two that begin alike the longer', async () => {
    const read = (answer: string) => plainAnswer(scriptedModel({ answers: [answer] }), 'x', set, signal)
    expect(await read('Sports law, not sport')).toBe('sports law')
    expect(await read('SPORT')).toBe('sport')
    expect(await read('no idea')).toBeUndefined()
  })

  it.each([sentimentSet, topicSet, sentimentHeldOut, topicHeldOut])(
    'has at least 100 texts of its own in $name, of all labels',
    ({ items, labels }) => {
      expect(new Set(items.map(({ text }) => text)).size).toBeGreaterThanOrEqual(100)
      expect(new Set(items.map(({ label }) => label))).toEqual(new Set(labels))
    },
  )
})
