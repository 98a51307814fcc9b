import { expect, it } from 'vitest'
import { scriptedModel } from '../testing/index.ts'
import { insights } from './insights.ts'

const cold = [
  'The heating in the room was cold and broken.',
  'Our room was cold, the heating broken.',
  'Broken heating, a cold room for days.',
]
const breakfast = ['The breakfast buffet was rich and fresh.', 'A fresh and rich breakfast buffet.']
const texts = [`${cold[0]} ${breakfast[0]}`, `We came by train. ${cold[1]}`, `${cold[2]} ${cold[1]}`, breakfast[1]]

it('counts texts, not sentences, and every count can be opened', async () => {
  const model = scriptedModel({ answers: ['The room was cold and the heating broken.', 'Guests praise the 12 pools.'] })
  const result = await insights(model, texts)
  expect(result.insights.map(({ texts: count }) => count)).toEqual([3, 2])
  const opened = result.insights.map(({ mentions }) =>
    mentions.map(({ text, start, end }) => texts[text].slice(start, end)),
  )
  expect(opened).toEqual([
    [cold[0], cold[1], cold[2], cold[1]],
    [breakfast[0], breakfast[1]],
  ])
  expect(result).toMatchObject({ claims: 7, single: 1, warnings: [{ code: 'by-words' }] })
  expect(result.insights[0].sentence).toBe('The room was cold and the heating broken.')
  // What no remark says is not believed.
  expect(result.insights[1].sentence).toBe(breakfast[0])
})

it('names a group by its most typical remark where the model strings remarks together', async () => {
  const strung = 'The heating in the room was cold and broken for days, and our room was cold, the heating broken.'
  const result = await insights(scriptedModel({ answers: [strung] }), texts, { leastTexts: 3 })
  expect(result.insights.map(({ sentence }) => sentence)).toEqual([cold[0]])
})

it('takes a name by the model only where it is as near to the remarks as one of them', async () => {
  const remarks = ['Cold rooms.. all week.', 'The rooms were cold.', 'Rooms were cold again.']
  /** The second remark lies between the others. */
  const angles: Readonly<Record<string, number>> = { [remarks[0]]: -0.5, [remarks[1]]: 0, [remarks[2]]: 0.5 }
  const namedWith = async (angle: number) => {
    const name = 'Rooms were cold.'
    const encoder = {
      embed: async (some: readonly string[]) =>
        some.map((text) => Float32Array.of(Math.cos(angles[text] ?? angle), Math.sin(angles[text] ?? angle))),
    }
    const model = scriptedModel({ answers: [name] })
    return (await insights(model, remarks, { encoder })).insights[0].sentence
  }
  expect(await namedWith(0)).toBe('Rooms were cold.')
  expect(await namedWith(0.6)).toBe(remarks[1])
})

it('keeps to a question', async () => {
  const result = await insights(scriptedModel(), texts, { question: 'How is the breakfast?' })
  expect(result.insights.map(({ texts: count }) => count)).toEqual([2])
  expect(result.claims).toBe(2)
})

it('has all counts when the budget ends before the naming', async () => {
  const result = await insights(scriptedModel(), texts, { budget: { tokens: 5 } })
  expect(result).toMatchObject({ reason: 'budget-tokens', insights: [{ texts: 3 }, { texts: 2 }] })
})

it('refuses no texts', async () => {
  await expect(insights(scriptedModel(), ['', ' '])).rejects.toMatchObject({ code: 'input-empty' })
})
