import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../testing/index.ts'
import { countWords } from './central-sentences.ts'
import { readSource } from './source-support.ts'
import { summarise } from './summarise.ts'

const source = [
  'The lighthouse of Marn was built in 1874 by Ada Holm.',
  'It stands 41 metres high and was lit with oil until 1923.',
  'The keeper Jonas Brek wrote down the weather four times a day.',
  'His notebooks are kept in the museum of Tolby.',
  'The town council did not sell the tower to the navy.',
]
const text = source.join(' ')

describe('summarise', () => {
  it('leads every sentence to its source; has others written anew, then leaves them out', async () => {
    const answers = [
      'Ada Holm built the lighthouse of Marn in 1874. It stands 52 metres high. The mayor of Paris paid for everything.',
      'The lighthouse stands 41 metres high.',
      'The king paid.',
    ]
    const result = await summarise(scriptedModel({ answers }), text)
    expect(result.support[0].sentence).toBe('The lighthouse stands 41 metres high.')
    expect(text.slice(result.support[0].start, result.support[0].end)).toBe(`${source[0]} ${source[1]}`)
    expect(result.dropped.map(({ sentence }) => sentence)).toEqual([
      'It stands 52 metres high.',
      'The mayor of Paris paid for everything.',
      'The king paid.',
      'Ada Holm built the lighthouse of Marn in 1874.',
    ])
    expect(result).toMatchObject({ parts: 1, spent: { modelCalls: 3 }, reason: 'answered' })
  })

  it('leaves out the text’s own sentences where the model’s own words are wanted', async () => {
    const own = 'Ada Holm built the lighthouse of Marn in 1874. Jonas Brek noted the weather four times a day.'
    const { summary, support, warnings } = await summarise(scriptedModel({ answers: [own] }), text, { ownWords: true })
    expect(summary).toBe(own)
    expect([support.some(({ quoted }) => quoted), warnings]).toEqual([false, []])
  })

  it('with an encoder, prefers what is near to the whole in few words', async () => {
    const near = 'The tower burned down last night.'
    const far = 'Somebody had caught another cold there.'
    const long = `The tower burned down last night, ${'and nobody saw any of it '.repeat(3)}.`
    const encoder = {
      embed: async (texts: readonly string[]) =>
        texts.map((one) => (one === far ? Float32Array.of(0, 1) : Float32Array.of(1, 0))),
    }
    const { support } = await summarise(scriptedModel({ answers: [''] }), [far, long, near].join(' '), {
      maxWords: 10,
      encoder,
    })
    expect(support.map(({ sentence }) => sentence)).toEqual([near])
  })

  it('quotes the text where nothing that the model says stands in it', async () => {
    const result = await summarise(scriptedModel({ answers: ['All dragons are green.'] }), text, { maxWords: 30 })
    expect(source).toContain(result.support[0].sentence)
    expect(result.warnings.map(({ code }) => code)).toEqual(['quoted'])
    expect(result.dropped.map(({ sentence }) => sentence)).toContain('All dragons are green.')
  })

  it.each(['good', 'Wet paint', '\u6e2f\u306e\u56f3'])(
    'quotes a text too short for any sentence: %s',
    async (scrap) => {
      const result = await summarise(scriptedModel({ answers: ['All dragons are green.'] }), scrap)
      expect(result).toMatchObject({ summary: scrap, support: [{ start: 0, end: scrap.length }] })
    },
  )

  it('leaves out what speaks of the text, and what goes on with an invention', async () => {
    const answers = [
      'The text is a report about the lighthouse of Marn. Ada Holm built the lighthouse of Marn in 1874, and dragons guarded golden treasure chambers. It was lit with oil until 1923.',
    ]
    const { support, dropped } = await summarise(scriptedModel({ answers }), text)
    expect(support[0]).toMatchObject({ sentence: 'It was lit with oil until 1923.', quoted: false })
    expect(support.slice(1).every(({ sentence, quoted }) => quoted && source.includes(sentence))).toBe(true)
    expect(dropped[0]).toMatchObject({ fault: 'It speaks of the text, not of what the text says.' })
    expect(dropped.map(({ sentence }) => sentence)).toContain(
      'Ada Holm built the lighthouse of Marn in 1874, and dragons guarded golden treasure chambers.',
    )
  })

  it('quotes running text before headings and tables', async () => {
    const marked = `# The lighthouse of Marn and its keepers\n\n- **The lighthouse of Marn** had keepers. Here they are.\n\n| keeper of the lighthouse | years |\n\n${text}`
    const { support } = await summarise(scriptedModel({ answers: ['All dragons are green.'] }), marked)
    expect(support.every(({ sentence }) => source.includes(sentence))).toBe(true)
  })

  it('keeps to a number of words and to a style', async () => {
    const result = await summarise(scriptedModel({ answers: [text] }), text, { maxWords: 25, style: 'bullets' })
    expect(countWords(result.summary)).toBeLessThanOrEqual(25)
    expect(result.summary.split('\n').every((line) => line.startsWith('- '))).toBe(true)
    expect(result.dropped.length).toBeGreaterThan(0)
  })

  describe('of 100,000 tokens', () => {
    const paragraphs = Array.from({ length: 500 }, (_, n) => {
      return `Report ${n} tells of town number ${n}. ${'The people of the town talk about the weather and the harvest of the year. '.repeat(14)}`
    })
    const long = paragraphs.join('\n\n')
    /** Says the first sentence of what it is given. */
    const model = () =>
      scriptedModel({ answers: ({ text: prompt }) => /Report \d+ tells of town number \d+\./.exec(prompt)?.[0] ?? '' })

    it('reads every part and keeps the words', async () => {
      const reader = model()
      expect(await reader.countTokens(long)).toBeGreaterThan(100_000)
      const result = await summarise(reader, long, { maxWords: 50 })
      const asked = reader.requests.map(({ text: prompt }) => prompt).join('\n')
      expect(paragraphs.filter((_, n) => !asked.includes(`Report ${n} tells`))).toEqual([])
      expect(countWords(result.summary)).toBeLessThanOrEqual(50)
      for (const { sentence, start, end } of result.support) expect(long.slice(start, end)).toContain(sentence)
      expect(result.parts).toBeGreaterThan(40)
    })

    it('lets the parts speak where the summary of them all says next to nothing', async () => {
      const shortened = paragraphs.slice(0, 40).join('\n\n')
      const said = (prompt: string): string => /Report \d+ tells of town number \d+\./.exec(prompt)?.[0] ?? ''
      const answerAll = (all: string): string =>
        all.includes('harvest') ? said(all) : 'Report 0 tells of town number 0.'
      const reader = scriptedModel({ answers: ({ text: prompt }) => answerAll(prompt) })
      const { summary, parts } = await summarise(reader, shortened, { maxWords: 60 })
      expect(parts).toBeGreaterThan(3)
      expect(countWords(summary)).toBeGreaterThan(20)
    })

    it('keeps a budget that does not suffice for the text, and says what it read', async () => {
      const result = await summarise(model(), long, { maxWords: 50, budget: { tokens: 30_000 } })
      expect(result.spent.tokensSeen).toBeLessThanOrEqual(30_000)
      expect(result.warnings.map(({ code }) => code)).toContain('text-shortened')
      expect(result.summary).not.toBe('')
    })

    it.each([1, 300])('has a summary for a budget of %i tokens', async (tokens) => {
      const result = await summarise(model(), long, { maxWords: 50, budget: { tokens } })
      expect(result.spent.tokensSeen).toBeLessThanOrEqual(tokens)
      expect(result.summary).not.toBe('')
    })
  })

  it('refuses an empty text and no words', async () => {
    await expect(summarise(scriptedModel(), '\n')).rejects.toMatchObject({ code: 'input-empty' })
    await expect(summarise(scriptedModel(), text, { maxWords: 0 })).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

describe('readSource', () => {
  it('finds planted false facts, and takes what the text says', () => {
    const people = ['Anna Lund', 'Karl Voss', 'Mia Brandt', 'Otto Keller', 'Ida Novak']
    const places = ['Tolby', 'Marn', 'Ness', 'Holt', 'Vikby']
    const things = ['harbour', 'library', 'bakery', 'theatre', 'hospital']
    const facts = people.flatMap((person, a) =>
      places.map((place, b) => ({ person, place, thing: things[(a + b) % 5], year: 1800 + 17 * a + 5 * b })),
    )
    const say = ({ person, place, thing, year }: (typeof facts)[number]) =>
      `In ${year} ${person} opened the ${thing} of ${place}.`
    const { check } = readSource(facts.map(say).join(' '))
    const wrong = facts.flatMap((fact, index) => {
      const other = facts[(index + 7) % facts.length]
      return [
        say({ ...fact, year: fact.year + 1 }),
        say({ ...fact, year: other.year }),
        say({ ...fact, person: 'Peter Storm' }),
        say({ ...fact, place: 'Lisbon' }),
        say(fact).replace('opened', 'never opened'),
        `${fact.person} was paid 900 crowns for the ${fact.thing} of ${fact.place}.`,
        `The ${fact.thing} burned down and nobody rebuilt its golden roof.`,
      ]
    })
    const missed = wrong.filter((sentence) => check(sentence).fault === '')
    expect(missed.length).toBeLessThanOrEqual(0.05 * wrong.length)
    expect(facts.map(say).filter((sentence) => check(sentence).fault !== '')).toEqual([])
    const told = facts.map(({ person, place, thing, year }) => `${person} opened the ${thing} of ${place} in ${year}.`)
    expect(told.filter((sentence) => check(sentence).fault !== '')).toEqual([])
  })
})
