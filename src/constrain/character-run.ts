/** Masks of the tokens that stay within a text whose next characters an automaton decides: walked by kinds of characters. */
import type { CharacterKinds, CharacterRun } from './grammar.ts'
import type { TokenTrie } from './token-trie.ts'

/** A place with what follows it, by kind of character: null where nothing does. */
interface Place {
  readonly run: CharacterRun
  readonly following: (Place | null | undefined)[]
}

const kindTables = new WeakMap<TokenTrie, WeakMap<CharacterKinds, Uint32Array>>()
const places = new WeakMap<CharacterRun, Place>()

/** Sets the bits of the tokens of whole characters that are legal from `start` without leaving the text. */
export function walkCharacters(tokens: TokenTrie, start: CharacterRun, mask: Uint32Array): void {
  const { nodes, characters, depths, ends, ids, alphabet } = tokens.characters
  const { nextSame } = tokens.trie
  const kinds = kindTable(tokens, start.kinds)
  const path: Place[] = [placeOf(start)]
  for (let node = 1; node < nodes;) {
    const depth = depths[node]
    const place = path[depth - 1]
    const kind = kinds[characters[node]]
    let next = place.following[kind]
    if (next === undefined) {
      const run = place.run.next(alphabet[characters[node]])
      place.following[kind] = next = run === undefined ? null : placeOf(run)
    }
    if (next === null) {
      node = ends[node]
      continue
    }
    path[depth] = next
    for (let id = ids[node]; id >= 0; id = nextSame[id]) mask[id >> 5] |= 1 << (id & 31)
    node++
  }
}

function placeOf(run: CharacterRun): Place {
  let place = places.get(run)
  if (place === undefined) places.set(run, (place = { run, following: [] }))
  return place
}

/** Character of the vocabulary -> kind. */
function kindTable(tokens: TokenTrie, kinds: CharacterKinds): Uint32Array {
  let known = kindTables.get(tokens)
  if (known === undefined) kindTables.set(tokens, (known = new WeakMap()))
  let table = known.get(kinds)
  if (table === undefined) known.set(kinds, (table = tokens.characters.alphabet.map((code) => kinds.kindOf(code))))
  return table
}
