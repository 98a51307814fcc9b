/** Both ways of merging against the definition: join the best pair, look again. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeSymbols } from './merge.ts'
import { createPairTable, type PairTable } from './pair-table.ts'

function mergeByDefinition(symbols: readonly number[], table: PairTable): number[] {
  let current = [...symbols]
  for (;;) {
    let best = -1
    let bestRank = Infinity
    for (let i = 0; i + 1 < current.length; i++) {
      const entry = table.find(current[i], current[i + 1])
      if (entry >= 0 && table.rank(entry) < bestRank) {
        best = i
        bestRank = table.rank(entry)
      }
    }
    if (best < 0) return current
    const merged = table.merged(table.find(current[best], current[best + 1]))
    current = [...current.slice(0, best), merged, ...current.slice(best + 2)]
  }
}

// Ranks may be equal (scores of SentencePiece), and a join may be part of further joins.
const rules = fc.array(fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 }), fc.nat({ max: 5 })), { maxLength: 20 })

it.each([
  ['short words', 0, 40],
  ['long words', 49, 300],
])('%s are merged as the definition says', (_name, minLength, maxLength) => {
  fc.assert(
    fc.property(rules, fc.array(fc.nat({ max: 3 }), { minLength, maxLength }), (pairs, symbols) => {
      const table = createPairTable()
      for (const [i, [left, right, rank]] of pairs.entries()) table.set(left, right, rank, 4 + (i % 5))
      const buffer = Int32Array.from(symbols)
      const count = mergeSymbols(buffer, buffer.length, table)
      expect([...buffer.subarray(0, count)]).toEqual(mergeByDefinition(symbols, table))
    }),
    { seed: 5, numRuns: 300 },
  )
})

it('the table keeps what was set through growth', () => {
  const table = createPairTable()
  for (let i = 0; i < 5000; i++) table.set(i, i * 7, i, i + 1)
  expect(table.size).toBe(5000)
  for (let i = 0; i < 5000; i++) expect(table.merged(table.find(i, i * 7))).toBe(i + 1)
  expect(table.find(1, 1)).toBe(-1)
})
