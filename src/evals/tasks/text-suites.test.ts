import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { isRefusal } from './answering.ts'
import { answeringItems } from './answering-set.ts'
import { chrF } from './chrf.ts'
import { extractionItems } from './extraction-set.ts'
import { readLeniently } from './extraction.ts'
import { textSuites } from './index.ts'
import { insightItems } from './insight-set.ts'
import { isAbout, readThemes } from './insights.ts'
import { articleItems } from './article-set.ts'
import { summaryItems } from './summary-set.ts'
import { unsupportedIn } from './summaries.ts'
import { plainMethod, type SuiteVerdict } from './text-suite.ts'
import { translationItems } from './translation-set.ts'

const { signal } = new AbortController()

async function evaluate(name: string, model: ReturnType<typeof scriptedModel>, limit: number) {
  const suite = textSuites.find((one) => one.name === name)
  if (suite === undefined) throw new TypeError(`no suite ${name}`)
  const report = await suite.evaluate(model, { limit, signal })
  const means = (method: string) =>
    Object.fromEntries(
      report.measures.map(({ measure, methods }) => [measure, methods.find((one) => one.method === method)?.mean]),
    )
  return { report, means }
}

const isPlain = (text: string, words: string): boolean => text.includes(words)

describe('the suites tell a task from the plain prompt', () => {
  it('extract: records right and wrong', async () => {
    const [first, second] = extractionItems
    const model = scriptedModel({
      can: { score: false },
      answers: ({ text }) => {
        const item = text.includes(first.text) ? first : second
        if (isPlain(text, 'Answer with JSON only')) return 'Here you are:\n```json\n{"company": "Nobody"}\n```'
        return { calls: [{ name: 'save_records', arguments: { records: item.expected } }] }
      },
    })
    const { report, means } = await evaluate('extract', model, 2)
    expect(means('extract')).toEqual({ exact: 1, fields: 1 })
    expect(means(plainMethod)).toEqual({ exact: 0, fields: 0 })
    expect(report.measures[0].pairs[0]).toMatchObject({ difference: 1, onlyMethod: 2, onlyBaseline: 0 })
    expect(report.verdicts[0]).toMatchObject({ item: 'invoice-0', half: 'development', expected: first.expected })
  })

  it('answer: right, refused, and wrong', async () => {
    const limit = 21
    const items = answeringItems.slice(0, limit)
    const unanswerable = items.filter(({ reference }) => reference === undefined).length
    const model = scriptedModel({
      can: { score: false },
      answers: ({ text }) => {
        if (isPlain(text, 'say "not found"')) return 'It is 1999, of course.'
        const item = items.find(({ question, passages }) => text.includes(question) && text.includes(passages[0].text))
        const source = item?.passages.find(
          ({ text: own }) => item.reference !== undefined && own.includes(item.reference),
        )
        return source === undefined
          ? 'not found'
          : (source.text.split('. ').find((one) => one.includes(item?.reference ?? '')) ?? '')
      },
    })
    const { means, report } = await evaluate('answer', model, limit)
    expect(unanswerable).toBeGreaterThan(0)
    expect(means('answer')['refused']).toBe(1)
    expect(means('answer')['found']).toBeGreaterThan(0.5)
    expect(means('answer')['cited']).toBe(means('answer')['found'])
    expect(means(plainMethod)).toEqual({ right: 0, found: 0, refused: 0, harmless: 0, cited: 0 })
    expect(report.measures.find(({ measure }) => measure === 'refused')?.methods[0].items).toBe(unanswerable)
  })

  it('translate: by chrF, and a model that runs in circles has nothing right', async () => {
    const [item] = translationItems
    const model = scriptedModel({
      answers: ({ text }) =>
        isPlain(text, 'Write only the translation') ? 'la la la la la la la la '.repeat(9) : item.reference,
    })
    const { means, report } = await evaluate('translate', model, 1)
    expect(means(plainMethod)['chrF']).toBe(1)
    expect(means('translate')['chrF']).toBe(0)
    expect(report.verdicts[0]).toMatchObject({ error: 'no-candidate', output: undefined })
    expect(means('untranslated text')['good']).toBe(0)
  })

  it('summarise: facts within the length, nothing invented', async () => {
    const [{ text, facts }] = summaryItems
    const said = facts.map(([proof]) => text.split(/(?<=\.)\s/).find((one) => one.includes(proof)) ?? '')
    const model = scriptedModel({
      answers: ({ text: prompt }) =>
        isPlain(prompt, 'Summarise this text')
          ? `In Atlantis ${'it rained and '.repeat(40)} ${said.join(' ')}`
          : said.join(' '),
    })
    const { means } = await evaluate('summarise', model, 1)
    // What a model copies competes with the rest of the text.
    expect(means('summarise')).toMatchObject({ supported: 1, length: 1 })
    expect(means('summarise')['facts']).toBeGreaterThan(0)
    expect(means(plainMethod)).toEqual({ facts: 0, supported: 0, length: 0 })
  })

  it('insights: themes and how often they are said', async () => {
    const [{ planted }] = insightItems
    const [one, two] = planted
    const model = scriptedModel({
      answers: ({ text }) => {
        if (!isPlain(text, 'List the themes')) return 'x'
        return `Here are the themes:\n1. ${one.stems[0]}: ${one.texts}\n- ${two.stems[0]} (${two.texts + 1})\n* unicorns`
      },
    })
    const { means } = await evaluate('insights', model, 1)
    expect(means(plainMethod)['precision']).toBeCloseTo(2 / 3)
    expect(means(plainMethod)['recall']).toBeCloseTo(2 / 3)
    expect(means(plainMethod)['counts']).toBeCloseTo(1 / 3)
    expect(means('insights')['precision']).toBeGreaterThan(0)
  })

  it('takes one half, tells verdicts as they come, and fails where it is aborted', async () => {
    const told: SuiteVerdict[] = []
    const [suite] = textSuites
    const options = {
      half: 'held-out',
      limit: 2,
      onVerdict: (verdict: SuiteVerdict) => told.push(verdict),
      signal,
    } as const
    const report = await suite.evaluate(scriptedModel(), options)
    expect(told.map(({ half }) => half)).toEqual(Array.from({ length: 6 }, () => 'held-out'))
    expect(report.half).toBe('held-out')
    await expect(suite.evaluate(scriptedModel(), { limit: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})

describe('what plain answers say is read leniently', () => {
  it.each([
    ['{"a": 1,}', [{ a: 1 }]],
    ['Sure! ```json\n[{"a": 1}, {"a": 2}]\n``` Done.', [{ a: 1 }, { a: 2 }]],
    ['{"records": [{"a": 1}]}', [{ a: 1 }]],
    ['{"a": 1}\n{"a": 2}', [{ a: 1 }, { a: 2 }]],
    ['no idea', []],
  ])('records of %j', (answer, records) => expect(readLeniently(answer)).toEqual(records))

  it.each([
    ['Noise: 3', { sentence: 'Noise', texts: 3 }],
    ['2) Cold rooms (4 reviews)', { sentence: 'Cold rooms', texts: 4 }],
    ['- Friendly staff', { sentence: 'Friendly staff', texts: undefined }],
  ])('theme of %j', (line, told) => expect(readThemes(line)).toEqual([told]))

  it.each([
    ['', true],
    ['The passages do not mention it.', true],
    ['There is no information about that.', true],
    ['It is closed on Monday.', false],
  ])('%j as a refusal: %j', (answer, refusal) => expect(isRefusal(answer)).toBe(refusal))
})

/** sacreBLEU 2.6.0, sentence_chrf. */
it.each([
  ['The cat sat on the mat.', 'The cat is on the mat.', 67.17273492330233],
  ['Der Zug fährt um neun.', 'Der Zug an die Küste fährt um neun ab.', 47.71370969132428],
  ['Ich habe meine Schlüssel.', 'Ich habe meine Schlüssel verloren.', 71.89637416622062],
  ['abc', 'abcdefgh', 32.250580046403705],
  ['xyz', 'Ja', 0],
  ['', 'Ja', 0],
])('chrF of %j against %j', (translation, reference, expected) =>
  expect(100 * chrF(translation, reference)).toBeCloseTo(expected, 9),
)

it('finds numbers and names that a text does not have', () => {
  const text = 'The Weir Bridge cost 2,500 euros in May.'
  expect(unsupportedIn('The bridge in May cost 2500 euros.', text)).toEqual([])
  expect(unsupportedIn('In Rome the Weir Bridge cost 31 euros.', text)).toEqual(['31', 'Rome'])
})

describe('the sets', () => {
  const generated = textSuites.filter(({ name }) => name !== 'articles')
  it.each(generated)('$name has at least 100 items, each once, in two halves', ({ items }) => {
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
    expect(new Set(items.map((item) => JSON.stringify({ ...item, id: '' }))).size).toBeGreaterThanOrEqual(100)
    const development = items.filter(({ half }) => half === 'development').length
    expect(Math.abs(2 * development - items.length)).toBeLessThanOrEqual(items.length / 4)
  })

  it('hold what they ask for', () => {
    for (const { text, expected } of extractionItems) {
      for (const value of expected.flatMap((record) => Object.values(record))) {
        if (value !== null) expect(text).toContain(String(value))
      }
    }
    for (const { passages, reference, source } of answeringItems) {
      if (source !== undefined) expect(passages[source - 1].text).toContain(reference)
    }
    for (const { text, facts } of summaryItems) {
      for (const proofs of facts) expect(proofs.some((proof) => text.includes(proof))).toBe(true)
      expect(text.split(/\s+/).length).toBeGreaterThan(249)
      expect(text.split(/\s+/).length).toBeLessThan(501)
    }
    for (const { text, facts } of articleItems) {
      for (const proofs of facts) expect(proofs.some((proof) => text.toLowerCase().includes(proof))).toBe(true)
    }
    for (const { reviews, planted } of insightItems) {
      for (const theme of planted) expect(reviews.filter((review) => isAbout(review, theme))).toHaveLength(theme.texts)
    }
  })
})
