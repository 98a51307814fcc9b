import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { evaluateCorrection } from './correction.ts'
import { correctSentences, wrongSentences } from './correction-set.ts'

const { signal } = new AbortController()

/** Rewrites by a table, anything else as it is; without scores its first rewriting is taken. */
const reviser = (rewritings: Readonly<Record<string, string>>) =>
  scriptedModel({
    can: { score: false },
    answers: ({ text }) => {
      const sentence = [...correctSentences, ...wrongSentences.map(({ wrong }) => wrong)].find((one) =>
        text.includes(one),
      )
      return rewritings[sentence ?? ''] ?? sentence ?? ''
    },
  })

describe('evaluateCorrection', () => {
  it('counts what stayed, what became right and what changed at all', async () => {
    const rewritings = Object.fromEntries([
      [correctSentences[0], correctSentences[0].replace('noon', 'moon')],
      [wrongSentences[0].wrong, wrongSentences[0].right],
      [wrongSentences[2].wrong, wrongSentences[2].wrong.replace('market', 'markets')],
    ])
    const set = { correct: correctSentences.slice(0, 4), wrong: wrongSentences.slice(0, 4) }
    const report = await evaluateCorrection(reviser(rewritings), signal, set)
    expect(report).toMatchObject({
      harmless: false,
      unchanged: { right: 3, items: 4, share: 0.75 },
      exact: { right: 1, items: 4 },
      changed: { right: 2, items: 4 },
    })
    expect(report.unchanged.interval[0]).toBeLessThan(0.75)
    expect(report.outputs[4]).toEqual({
      text: wrongSentences[0].wrong,
      expected: wrongSentences[0].right,
      output: wrongSentences[0].right,
    })
  })

  it('is harmless where 98 of 100 correct sentences stay, not where 97 do', async () => {
    const spoilt = (count: number) =>
      reviser(Object.fromEntries(correctSentences.slice(0, count).map((text) => [text, `${text.slice(0, -1)}x.`])))
    const set = { correct: correctSentences, wrong: wrongSentences.slice(0, 1) }
    expect((await evaluateCorrection(spoilt(2), signal, set)).harmless).toBe(true)
    expect((await evaluateCorrection(spoilt(3), signal, set)).harmless).toBe(false)
  })

  it('fails where it is aborted instead of counting sentences as unchanged', async () => {
    await expect(evaluateCorrection(reviser({}), AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})

describe('the set', () => {
  it('has 100 correct sentences and 60 wrong ones, none twice', () => {
    expect(new Set(correctSentences).size).toBe(100)
    expect(new Set(wrongSentences.map(({ wrong }) => wrong)).size).toBe(60)
    for (const { wrong, right } of wrongSentences) {
      expect(right).toMatch(/^[A-Z].*[.?]$/)
      expect(right).not.toBe(wrong)
    }
  })
})
