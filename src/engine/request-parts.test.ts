import { describe, expect, it } from 'vitest'
import { isHeld, listsOf, partsOf } from './request-parts.ts'
import { wordsOf } from './words.ts'

const read = (request: string): string[] => partsOf(request).map(({ kind, text }) => `${kind} ${text}`)

describe('partsOf', () => {
  it.each([
    [
      'Loan of $400,000 at 4.5% for 1,5 and 10 years',
      ['word loan', 'number 400000', 'number 4.5', 'number 1', 'number 5', 'number 10', 'word years'],
    ],
    ["Find 'War and Peace' by Tolstoy.", ['quoted War and Peace', 'name Tolstoy']],
    ['Is Taylor Swift in New York?', ['name Taylor Swift', 'name New York']],
    [
      "John's 5m rope and a B2B deal at -3",
      ["word john's", 'number 5', 'word rope', 'name B2B', 'word deal', 'number -3'],
    ],
    ['Wie warm ist es in Köln?', ['word warm', 'word ist', 'name Köln']],
    ['', []],
  ])('%s', (request, expected) => {
    expect(read(request)).toEqual(expected)
  })
})

describe('listsOf', () => {
  const lists = (request: string): string[][] =>
    listsOf(request, partsOf(request)).flatMap((list) => (list.length > 1 ? [list.map(({ text }) => text)] : []))

  it.each([
    [
      'Rates for 15, 20 and 30 years in Boston, New York and Rome',
      [
        ['15', '20', '30'],
        ['Boston', 'New York', 'Rome'],
      ],
    ],
    ['Wires of copper and aluminum', [['copper', 'aluminum']]],
    ['The years 1, 2', [['1', '2']]],
    // A place in a place, two clauses, two things of different kinds.
    ['Weather in Rome, Italy', []],
    ['The length is 5 meters, the second is longer', []],
    ['Movies with Nancy and sorted by date', []],
  ])('%s', (request, expected) => {
    expect(lists(request)).toEqual(expected)
  })
})

it('finds numbers in their usual scales, and texts by half of their words', () => {
  const held = { words: wordsOf('los angeles', 1), numbers: [0.05, 2_000_000] }
  const isHeldIn = (request: string): boolean => partsOf(request).every((part) => isHeld(part, held))
  expect(['at 5', 'of 2', 'in Los Angeles', 'in Los Altos'].map(isHeldIn)).toEqual([true, true, true, true])
  expect(['at 6', 'in San Diego'].map(isHeldIn)).toEqual([false, false])
})
