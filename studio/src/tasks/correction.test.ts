import { expect, it } from 'vitest'
import { applyParts, correctionParts } from './correction.ts'

const text = 'She go to school every days .'
const edits = [
  { start: 4, end: 6, original: 'go', replacement: 'goes' },
  { start: 23, end: 27, original: 'days', replacement: 'day' },
  { start: 27, end: 28, original: ' ', replacement: '' },
]

it('is cut into what stays and what is corrected', () => {
  expect(correctionParts(text, edits).map((part) => (part.kind === 'same' ? part.text : part.edit))).toEqual([
    'She ',
    edits[0],
    ' to school every ',
    edits[1],
    edits[2],
    '.',
  ])
})

it('takes the edits that are not refused', () => {
  const parts = correctionParts(text, edits)
  expect(applyParts(parts, new Set())).toBe('She goes to school every day.')
  expect(applyParts(parts, new Set([1]))).toBe('She goes to school every days.')
  expect(applyParts(parts, new Set([0, 1, 2]))).toBe(text)
})

it('is the text itself where nothing is to be corrected', () => {
  expect(applyParts(correctionParts(text, []), new Set())).toBe(text)
  expect(correctionParts('', [])).toEqual([])
})
