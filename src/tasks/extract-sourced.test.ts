import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { scriptedModel } from '../testing/index.ts'
import { extractSourced } from './extract-sourced.ts'
import { findValueSpans } from './value-spans.ts'

const person = z.object({ name: z.string(), age: z.number().nullable() })
const saved = (...records: unknown[]) => ({ calls: [{ name: 'save_records', arguments: { records } }] })

describe('extractSourced', () => {
  it('leads each value to its place and marks what does not stand there', async () => {
    const text = 'Anna Holm is 34 years old. Karl did not say.'
    const model = scriptedModel({ answers: [saved({ name: 'Anna Holm', age: 34 }, { name: 'Karl', age: 51 })] })
    const { records } = await extractSourced(model, text, person)
    const shown = records.map(({ spans }) =>
      spans.map(({ path, span }) => [path, span && text.slice(span.start, span.end)]),
    )
    expect(shown).toEqual([
      [
        ['name', 'Anna Holm'],
        ['age', '34'],
      ],
      [
        ['name', 'Karl'],
        ['age', undefined],
      ],
    ])
    expect(records[1].spans[1]).toMatchObject({ inferred: true })
  })

  it('takes words of the text in place of invented ones that are less probable, and nothing where it is not sure', async () => {
    const letter = 'Invoice R-7 of Halden is due on 3 May.'
    const bill = z.object({ number: z.string(), phone: z.string().nullable(), due: z.string(), kind: z.string() })
    const first = { number: 'R-7', phone: '12345', due: '3 May 2023', kind: 'reminder' }
    const model = scriptedModel({
      answers: ({ options, text: prompt }) => {
        if (options.format === undefined) return saved(first)
        return prompt.endsWith('due:') ? ' 3 May\n' : ' Halden\n'
      },
      score: (prompt, continuation) => {
        if (continuation.includes('2023') || continuation.includes('12345')) return -20
        return prompt.endsWith('kind:')
          ? -9 + 2 * Number(continuation.includes('reminder'))
          : -4 + 3 * Number(continuation.includes('May'))
      },
    })
    const { records } = await extractSourced(model, letter, bill)
    expect(records[0].value).toEqual({ number: 'R-7', phone: null, due: '3 May', kind: 'reminder' })
    const inferred = records[0].spans.filter((span) => span.inferred).map(({ path }) => path)
    expect(inferred).toEqual(['kind'])
    const formats = model.requests.flatMap(({ options: { format } }) =>
      format?.type === 'choice' ? [format.choices] : [],
    )
    expect(formats[0]).toContain(' Invoice R-7 of Halden\n')
  })

  it('reads long texts in overlapping windows and merges what two of them tell', async () => {
    const filler = 'Nothing else was said in the long meeting of that day. '.repeat(12)
    const text = `Anna spoke first. ${filler}\n\nLater Anna said that she is 34. ${filler}\n\nKarl is 51. ${filler}`
    const model = scriptedModel({
      contextTokens: 600,
      answers: ({ text: prompt }) =>
        saved(
          ...(prompt.includes('Anna spoke') ? [{ name: 'Anna', age: null }] : []),
          ...(prompt.includes('she is 34') ? [{ name: 'anna', age: 34 }] : []),
          ...(prompt.includes('Karl is') ? [{ name: 'Karl', age: 51 }] : []),
        ),
    })
    const result = await extractSourced(model, text, person, { key: ['name'], maxTokens: 100 })
    expect(result.spent.modelCalls).toBeGreaterThan(2)
    expect(result.records.map(({ value }) => value)).toEqual([
      { name: 'Anna', age: 34 },
      { name: 'Karl', age: 51 },
    ])
    const age = result.records[0].spans.find(({ path }) => path === 'age')?.span
    expect(text.slice(age?.start, age?.end)).toBe('34')
  })

  it.each([
    ['repeats', { name: 'Anna', age: 34 }],
    ['invents', { name: 'Zebulon', age: 10000 }],
  ])('ends a list that %s records, keeps what came before and says so', async (_, further) => {
    const records = [{ name: 'Anna', age: 34 }, { name: 'Karl', age: 51 }, further, { name: 'Anna', age: 51 }]
    const { records: found, warnings } = await extractSourced(
      scriptedModel({ answers: [saved(...records)] }),
      'Anna is 34, Karl 51.',
      person,
    )
    expect(found.map(({ value }) => value)).toEqual(records.slice(0, 2))
    expect(warnings.map(({ code }) => code)).toEqual(['records-ended'])
  })

  it('takes a text at its word that tells of the same thing twice', async () => {
    const order = z.object({ item: z.string(), price: z.number() })
    const records = [
      { item: 'coffee', price: 3 },
      { item: 'coffee', price: 3 },
      { item: 'tea', price: 2 },
    ]
    const model = scriptedModel({ answers: [saved(...records)] })
    const { records: found } = await extractSourced(model, 'coffee 3, coffee 3, tea 2', order)
    expect(found.map(({ value }) => value)).toEqual([records[0], records[2]])
  })

  it('asks for one record where there is one', async () => {
    const model = scriptedModel({ answers: [saved({ name: 'Anna', age: null })] })
    expect((await extractSourced(model, 'Anna', person, { many: false })).records).toHaveLength(1)
    expect(JSON.stringify(model.requests[0].options.tools)).toContain('"maxItems":1')
  })

  it('refuses an empty text, and never answers records that are not all there', async () => {
    await expect(extractSourced(scriptedModel(), '', person)).rejects.toMatchObject({ code: 'input-empty' })
    await expect(extractSourced(scriptedModel({ answers: [''] }), 'Anna', person)).rejects.toMatchObject({
      code: 'context-overflow',
    })
  })
})

it.each([
  [1250, 'It cost 1,250 crowns', '1,250'],
  [1250.5, 'Preis: 1.250,50 Euro', '1.250,50'],
  [12, 'room 1200 and room 12', '12'],
  [-3, 'at \u22123 degrees', '\u22123'],
  ['ADA HOLM', 'by Ada Holm.', 'Ada Holm'],
  ['an', 'banana', undefined],
  [true, 'true', undefined],
])('finds %j in %j as %j', (value, text, written) => {
  const [{ span }] = findValueSpans({ value }, text, { start: 0, end: text.length })
  expect(span && text.slice(span.start, span.end)).toBe(written)
})
