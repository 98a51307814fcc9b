import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../testing/index.ts'
import { correct } from './correct.ts'
import { applyEdits } from './word-diff.ts'

/** Rewrites by a table, knows good English by another. */
function reviser(rewritings: Readonly<Record<string, string>>, bad: readonly string[] = []) {
  const rewrite = (text: string): string => {
    const known = Object.keys(rewritings).find((sentence) => text.includes(sentence))
    return known === undefined ? (text.split('\n').findLast((line) => line !== '') ?? '') : rewritings[known]
  }
  return scriptedModel({
    answers: ({ text }) => rewrite(text),
    score: (_, sentence) => -10 * bad.filter((word) => sentence.includes(word)).length,
  })
}

describe('correct', () => {
  it('tells edits with their places in the whole text', async () => {
    const source = 'All is well here.\n\nShe go to `go run` school.  It rain.'
    const model = reviser(
      { 'She go to': 'She goes to `go run` school.', 'It rain.': 'It rains.', 'All is': 'All is well here.' },
      ['She go ', 'rain.'],
    )
    const result = await correct(model, source)
    expect(result.text).toBe('All is well here.\n\nShe goes to `go run` school.  It rains.')
    expect(result.edits.map(({ original, replacement }) => [original, replacement])).toEqual([
      ['go', 'goes'],
      ['rain', 'rains'],
    ])
    expect(applyEdits(source, result.edits)).toBe(result.text)
    expect(result.edits.map(({ start, end }) => source.slice(start, end))).toEqual(['go', 'rain'])
  })

  it('takes of a rewriting only what is a correction and makes the sentence more probable', async () => {
    const model = reviser({ 'He have': 'He has a nice house.' }, ['have'])
    expect((await correct(model, 'He have a large house.')).text).toBe('He has a large house.')
    const unsure = reviser({ 'He has': 'He had a large house.' })
    expect((await correct(unsure, 'He has a large house.')).edits).toEqual([])
  })

  it.each([
    ['an address', 'Sea https://a.example/b for it.', 'See https://a.example/c for it.'],
    ['a number', 'It cost 100 crowns.', 'It costs 1000 crowns.'],
    ['a placeholder', 'Helo {name}, welcom.', 'Hello Name, welcome.'],
  ])('leaves a sentence alone where a rewriting breaks %s', async (_, source, rewriting) => {
    const model = scriptedModel({ answers: [rewriting], can: { score: false } })
    expect((await correct(model, source)).text).toBe(source)
  })

  it('asks once more where a model without scores rewrites too much, then keeps the original', async () => {
    const far = 'Something else entirely was said by someone.'
    const again = scriptedModel({ answers: [far, 'It rains today.'], can: { score: false } })
    expect((await correct(again, 'It rain today.')).text).toBe('It rains today.')
    const never = scriptedModel({ answers: [far], can: { score: false } })
    expect(await correct(never, 'It rain today.')).toMatchObject({ text: 'It rain today.', spent: { modelCalls: 2 } })
  })

  it('keeps what was corrected when the budget ends', async () => {
    const model = scriptedModel({ answers: ['He has it.'], can: { score: false } })
    const result = await correct(model, 'He have it. He have it. He have it.', { budget: { modelCalls: 2 } })
    expect(result).toMatchObject({ text: 'He has it. He has it. He have it.', reason: 'budget-modelCalls' })
  })

  it('refuses an empty text', async () => {
    await expect(correct(scriptedModel(), ' \n')).rejects.toMatchObject({ code: 'input-empty' })
  })

  it('takes words that are mixed up from the judge alone, if they help much', async () => {
    const score = (_: string, text: string): number =>
      (text.includes('depends on') ? 6 : 0) + (text.includes('weathers') ? 4 : 0) - 40
    const model = scriptedModel({ answers: ['It depends of the weather.'], score })
    const { text, edits } = await correct(model, 'It depends of the weather.')
    expect(text).toBe('It depends on the weather.')
    expect(edits).toEqual([{ start: 11, end: 13, original: 'of', replacement: 'on' }])
  })
})
