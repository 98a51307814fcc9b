import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyEdits, diffWords, wordPieces } from './word-diff.ts'

const text = fc
  .array(fc.constantFrom('a', 'b', 'be', 'is', ' ', '  ', '.', '\n', "don't", '\u{1f600}', 'x1'), { maxLength: 14 })
  .map((parts) => parts.join(''))

it('makes edits that turn one text into the other', () => {
  fc.assert(
    fc.property(text, text, (from, to) => {
      const edits = diffWords(from, to)
      expect(applyEdits(from, edits)).toBe(to)
      for (const { start, end, original } of edits) expect(from.slice(start, end)).toBe(original)
      for (const [index, { start }] of edits.entries())
        if (index > 0) expect(start).toBeGreaterThanOrEqual(edits[index - 1].end)
    }),
    { numRuns: 500 },
  )
})

it('changes no more words than needed', () => {
  expect(diffWords('We was late becuase of rain.', 'We were late because of rain.')).toEqual([
    { start: 3, end: 6, original: 'was', replacement: 'were' },
    { start: 12, end: 19, original: 'becuase', replacement: 'because' },
  ])
  expect(diffWords('same', 'same')).toEqual([])
  expect(diffWords('', 'new')).toEqual([{ start: 0, end: 0, original: '', replacement: 'new' }])
})

it('cuts a text into pieces that are the text', () => {
  expect(wordPieces("He don't  see it.")).toEqual(['He', ' ', "don't", '  ', 'see', ' ', 'it', '.'])
})
