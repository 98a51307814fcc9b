/** The flat trie against the list that it was made of. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { buildByteTrie, childOf, sortEntries } from './byte-trie.ts'

const strings = fc.array(fc.uint8Array({ maxLength: 5, max: 3 }), { maxLength: 60 })

it('holds every byte string with all its ids, and nothing else', () => {
  fc.assert(
    fc.property(strings, fc.uint8Array({ minLength: 1, maxLength: 5, max: 3 }), (all, wanted) => {
      const trie = buildByteTrie(sortEntries(all.length, (id) => all[id]))
      const found: number[] = []
      const node = wanted.reduce((at, byte) => (at < 0 ? at : childOf(trie, at, byte)), 0)
      for (let id = node < 0 ? -1 : trie.ids[node]; id >= 0; id = trie.nextSame[id]) found.push(id)
      const expected = all.flatMap((text, id) => (text.join() === wanted.join() ? [id] : []))
      expect(found.sort((a, b) => a - b)).toEqual(expected)
    }),
  )
})

it('is in pre-order: subtrees are stretches of nodes, children come sorted', () => {
  fc.assert(
    fc.property(strings, (all) => {
      const { nodes, bytes, depths, ends } = buildByteTrie(sortEntries(all.length, (id) => all[id]))
      for (let node = 0; node < nodes; node++) {
        let before = -1
        for (let child = node + 1; child < ends[node]; child = ends[child]) {
          expect([depths[child], bytes[child] > before]).toEqual([depths[node] + 1, true])
          before = bytes[child]
        }
      }
    }),
  )
})

it('leaves out what is not to be kept', () => {
  const entries = sortEntries(3, (id) => [Uint8Array.of(1, 2), undefined, Uint8Array.of(1, 3)][id])
  expect([...entries.ids]).toEqual([0, 2])
  const trie = buildByteTrie(entries, (id) => id === 2)
  expect([...trie.bytes.subarray(1)]).toEqual([1, 3])
})
