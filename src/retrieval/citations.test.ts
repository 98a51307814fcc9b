import { describe, expect, it } from 'vitest'
import { faultKinds, plantCitations } from '../../test/support/planted-citations.ts'
import { checkCitations } from './citations.ts'

const passages = [
  {
    id: 'tower',
    text: 'The tower is 324 metres high.\nIt was  opened in 1889, and \u201cpainted\u201d\nred. You must not climb it.',
  },
  { id: 'bees', text: 'Honey bees dance to tell others where flowers bloom. They see three colours.' },
  { id: 'zh', text: '铁塔高324米。它于1889年建成。' },
]

/** Quotes as [n, quote]. */
const check = (answer: string, ...quotes: readonly (readonly [number, string])[]) =>
  checkCitations(
    answer,
    passages,
    quotes.map(([n, quote]) => ({ n, quote })),
  )

describe('checkCitations', () => {
  it('says where a quote stands in its passage', () => {
    const { citations, supported } = check('It is 324 metres high [1].', [1, 'tower is 324 metres'])
    expect(citations).toEqual([
      { n: 1, passageId: 'tower', quote: 'tower is 324 metres', start: 4, end: 23, state: 'verified' },
    ])
    expect(supported).toBe(true)
  })

  it.each([
    ['other space', 'is 324\nmetres   high'],
    ['typographic signs', 'opened in 1889, and "painted" red'],
    ['compatibility forms', '\uff13\uff12\uff14 metres high'],
    ['quotation marks and a stop of its own', '"The tower is 324 metres high."'],
    ['words left out', 'It was opened ... red'],
    ['words left out in brackets', 'It was opened in 1889 [\u2026] red'],
  ])('takes a quote with %s', (_, quote) => {
    const { citations, supported } = check('The tower is high [1].', [1, quote])
    expect(citations[0].state).toBe('verified')
    expect(supported).toBe(true)
  })

  it.each([
    ['a capital of its own', 2, 'honey bees dance to tell others where flowers bloom'],
    ['a word lost', 2, 'dance to others where flowers bloom. They see three colours'],
    ['an article more', 2, 'The Honey bees dance to tell others where flowers bloom'],
  ])('takes a quote with %s as near', (_, n, quote) => {
    expect(check(`Bees dance [${n}].`, [n, quote]).citations[0].state).toBe('near')
  })

  it.each([
    ['another word', 'Honey bees dance to tell others where flowers die'],
    ['one of its words in the place of another', 'Honey bees dance to tell others where bloom'],
    ['a word more', 'Honey bees often dance to tell others where flowers bloom'],
    ['half a word', 'oney bees dance'],
    ['nothing', '...'],
  ])('refuses a quote with %s', (_, quote) => {
    const { citations, unsupported } = check('Bees dance [2].', [2, quote])
    expect(citations[0]).toMatchObject({ state: 'quote-not-found', start: 0, end: 0 })
    expect(unsupported[0]).toMatchObject({ state: 'citation-failed' })
  })

  it('refuses a quote whose negation or number is lost', () => {
    for (const quote of ['You must climb it', '24 metres high', '32', 'It was opened in 188']) {
      expect(check('So it is [1].', [1, quote]).citations[0].state).toBe('quote-not-found')
    }
    expect(check('One may climb [1].', [1, 'You must ... climb it']).supported).toBe(false)
  })

  it.each([
    ['The tower is high.', [], 'no-source', 'The sentence cites no source.'],
    ['The tower is high [1].', [], 'citation-failed', 'No words are quoted from passage [1].'],
    [
      'The tower is high [7].',
      [[7, 'tower']],
      'citation-failed',
      'There is no passage [7]; the passages are [1] to [3].',
    ],
    [
      'The tower is high [0].',
      [[0, 'tower']],
      'citation-failed',
      'There is no passage [0]; the passages are [1] to [3].',
    ],
    ['The tower is high [2].', [[2, 'The tower is']], 'citation-failed', 'Passage [2] does not say "The tower is".'],
    [
      'The tower is 325 metres high [1].',
      [[1, 'metres high']],
      'number-not-in-source',
      'The quoted sentences do not have the number 325.',
    ],
    [
      'They see four colours [2].',
      [[2, 'They see']],
      'number-not-in-source',
      'The quoted sentences do not have the number 4.',
    ],
    [
      'Honey bees dance to tell others where flowers bloom [1].',
      [[1, 'The tower is 324 metres high']],
      'source-elsewhere',
      'The quote is about something else; passage [2] says what the sentence says.',
    ],
  ] as const)('finds the fault of %j', (answer, quotes, state, fault) => {
    const { unsupported, supported } = check(answer, ...quotes)
    expect(unsupported).toMatchObject([{ state, fault }])
    expect(supported).toBe(false)
  })

  it('takes numbers written otherwise', () => {
    expect(check('They see 3 colours [2].', [2, 'They see three colours']).supported).toBe(true)
    const spaced = checkCitations(
      'It has 12500 parts [1].',
      [{ id: 'a', text: 'It has 12,500 parts.' }],
      [{ n: 1, quote: 'It has' }],
    )
    expect(spaced.supported).toBe(true)
  })

  it('gives each marker its own quote, and each sentence all its markers', () => {
    const answer = 'The tower opened in 1889. [1] It is red [1]. Bees dance, and the tower is high [1][2].'
    const all = check(answer, [1, 'opened in 1889'], [1, 'red'], [1, '324 metres high'], [2, 'bees dance'])
    expect(all.sentences.map(({ sources }) => sources)).toEqual([[1], [1], [1, 2]])
    expect(all.supported).toBe(true)
    const one = check(answer, [1, 'opened in 1889'], [1, 'blue'], [1, '324 metres high'], [2, 'bees dance'])
    expect(one.sentences.map(({ state }) => state)).toEqual(['supported', 'citation-failed', 'supported'])
  })

  it('asks no source of headings and announcements, but of each item of a list', () => {
    const answer = '## Height\nThese facts are known:\n- It is 324 metres high [1].\n- It is red.\n'
    const { sentences } = check(answer, [1, '324 metres high'])
    expect(sentences.map(({ claim, state }) => [claim, state])).toEqual([
      ['It is 324 metres high .', 'supported'],
      ['It is red.', 'no-source'],
    ])
  })

  it('reads scripts without spaces', () => {
    expect(check('铁塔于1889年建成【3】。', [3, '1889年建成']).supported).toBe(true)
    expect(check('铁塔于1890年建成【3】。', [3, '1889年建成']).unsupported[0].state).toBe('number-not-in-source')
  })

  it('supports nothing by an empty answer', () => {
    expect(check('')).toEqual({ citations: [], sentences: [], unsupported: [], supported: false })
  })
})

describe('500 answers with a fault and 500 without', async () => {
  const { sampleSet } = await import('../evals/retrieval/sample-set.ts')
  const handbook = sampleSet.documents.map(({ path, text }) => ({ id: path, text }))
  const { right, wrong } = plantCitations(handbook, 500, 11)
  const supports = ({ answer, passages: given, quotes }: (typeof right)[number]): boolean =>
    checkCitations(answer, given, quotes).supported

  it('are of all kinds', () => {
    expect([right.length, wrong.length]).toEqual([500, 500])
    expect(new Set(wrong.map(({ fault }) => fault))).toEqual(new Set(faultKinds))
  })

  it('raise no alarm without a fault', () => {
    expect(right.filter((answer) => !supports(answer))).toEqual([])
  })

  it('are all found with one', () => {
    expect(wrong.filter((answer) => supports(answer))).toEqual([])
  })
})
