/** The language of a list of texts, as a byte trie. */
import { OstroError } from '../util/error.ts'
import { buildByteTrie, type ByteTrie, childOf, sortEntries } from './byte-trie.ts'
import type { Grammar, State } from './grammar.ts'

/** Exactly one of `choices`. @throws OstroError('invalid-argument') for an empty list */
export function compileChoice(choices: readonly string[]): Grammar {
  if (choices.length === 0) {
    throw new OstroError('invalid-argument', 'choice: expected at least one text, got none. List what may be answered.')
  }
  const encoder = new TextEncoder()
  const texts = [...new Set(choices)].map((choice) => encoder.encode(choice))
  const trie = buildByteTrie(sortEntries(texts.length, (id) => texts[id]))
  return { start: stateAt(trie, 0, choices.includes(''), []) }
}

function stateAt(trie: ByteTrie, node: number, canEnd: boolean, known: State[]): State {
  return (known[node] ??= {
    canEnd,
    next(byte) {
      const child = childOf(trie, node, byte)
      return child < 0 ? undefined : stateAt(trie, child, trie.ids[child] >= 0, known)
    },
    closing: () => shortestBelow(trie, node, canEnd),
  })
}

function shortestBelow(trie: ByteTrie, node: number, canEnd: boolean): Uint8Array {
  if (canEnd) return new Uint8Array(0)
  let best = -1
  for (let below = node + 1; below < trie.ends[node]; below++) {
    if (trie.ids[below] >= 0 && (best < 0 || trie.depths[below] < trie.depths[best])) best = below
  }
  // Backwards over parents: the last node before this one that is one byte shorter.
  const closing = new Uint8Array(trie.depths[best] - trie.depths[node])
  for (let at = best, depth = trie.depths[best]; depth > trie.depths[node]; at--) {
    if (trie.depths[at] === depth) closing[--depth - trie.depths[node]] = trie.bytes[at]
  }
  return closing
}
