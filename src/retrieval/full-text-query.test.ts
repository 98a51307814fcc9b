import { describe, expect, it } from 'vitest'
import { characterPairs, fullTextTerms } from './full-text-query.ts'
import { fuseRankings } from './fusion.ts'
import { sentencesOf } from './sentences.ts'
import { sectionsOf } from './sections.ts'

describe('fullTextTerms', () => {
  it.each([
    ['How do I open the FILE?', ['"open"', '"file"']],
    ['what is it', ['"what"', '"is"', '"it"']],
    ['O_CREAT "or" NEAR(x)', ['"o_creat"', '"near"', '"x"']],
    ['打开文件 now', ['"now"', '"打开"', '"开文"', '"文件"']],
    ['. * " \0', []],
  ])('of %j', (text, terms) => expect(fullTextTerms(text)).toEqual(terms))

  it('are no more than serve', () => {
    const text = Array.from({ length: 5000 }, (_, n) => `word${n}`).join(' ')
    expect(fullTextTerms(text)).toHaveLength(128)
  })
})

it('makes pairs of characters only of scripts without spaces', () => {
  expect(characterPairs('abc 花 蜜蜂は def')).toBe('花 蜜蜂 蜂は')
})

it('joins rankings by reciprocal ranks, trust and weight', () => {
  const fused = fuseRankings([
    { rows: [7, 8], weight: 1, trust: [0.5, 1] },
    { rows: [8, 9], weight: 2 },
  ])
  expect(fused.map(({ row }) => row)).toEqual([8, 9, 7])
  expect(fused[0].score).toBeCloseTo(1 / 12 + 2 / 11, 12)
  expect(fused[2].score).toBeCloseTo(0.5 / 11, 12)
})

describe('sentencesOf', () => {
  it.each([
    ['One. Two! Three?', ['One.', 'Two!', 'Three?']],
    ['See e.g. Fig. 3 by J. Smith. It\nis wrapped.', ['See e.g. Fig. 3 by J. Smith.', 'It\nis wrapped.']],
    ['Version 3.5 is out. 1. First point.', ['Version 3.5 is out.', '1. First point.']],
    ['No stop\n\nnew paragraph', ['No stop', 'new paragraph']],
    ['这是一句。那是一句。', ['这是一句。', '那是一句。']],
    ['  ', []],
  ])('of %j', (text, sentences) => {
    expect(sentencesOf(text).map(({ start, end }) => text.slice(start, end))).toEqual(sentences)
  })
})

describe('sectionsOf', () => {
  it.each([
    ['markdown', 'intro\n# A\nx\n```\n# no\n```\n## B ##\ny\nC\n===\nz', [[], ['A'], ['A', 'B']]],
    ['markdown', '# A\n\nSub\n---\ntext\n\n---\n\nmore', [['A', 'Sub']]],
    [
      'restructured',
      '=====\nTitle\n=====\n\nPart\n----\ntext\n\nOther\n~~~~~\nmore',
      [
        ['Title', 'Part'],
        ['Title', 'Part', 'Other'],
      ],
    ],
    ['manual', 'NAME\n       x - y\n\nSEE ALSO\n       z\n', [['NAME'], ['SEE ALSO']]],
    ['plain', '# A\ntext', [[]]],
  ] as const)('of %s %j', (format, text, paths) => {
    expect(sectionsOf(text, format).map(({ headings }) => headings)).toEqual(paths)
  })
})
