import fc from 'fast-check'
import { expect, it } from 'vitest'
import { piecesOf } from './pieces.ts'

it('cuts a text at the borders of its places, overlapping ones among them', () => {
  expect(
    piecesOf('abcdef', [
      { start: 1, end: 4 },
      { start: 3, end: 5 },
    ]),
  ).toEqual([
    { text: 'a', spans: [] },
    { text: 'bc', spans: [0] },
    { text: 'd', spans: [0, 1] },
    { text: 'e', spans: [1] },
    { text: 'f', spans: [] },
  ])
})

it('loses and marks nothing by mistake, whatever the places are', () => {
  const span = fc.record({ start: fc.integer({ min: -3, max: 30 }), end: fc.integer({ min: -3, max: 30 }) })
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.array(span, { maxLength: 5 }), (text, spans) => {
      const pieces = piecesOf(text, spans)
      expect(pieces.map((piece) => piece.text).join('')).toBe(text)
      for (const [place, { start, end }] of spans.entries()) {
        const marked = pieces.flatMap((piece) => (piece.spans.includes(place) ? [piece.text] : [])).join('')
        expect(marked).toBe(end > start ? text.slice(Math.max(0, start), Math.max(0, end)) : '')
      }
    }),
  )
})
