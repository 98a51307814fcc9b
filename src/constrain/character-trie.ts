/** The tokens of a byte trie that are whole characters, by characters: a third of the steps, and each tells a grammar more. */
import type { ByteTrie } from './byte-trie.ts'

export interface CharacterTrie {
  /** Node 0 is the root. A node's first child, if any, is the node after it. */
  readonly nodes: number
  /** Node -> the place in `alphabet` of the character that leads to it. */
  readonly characters: Uint16Array | Uint32Array
  readonly depths: Uint16Array
  /** Node -> the first node behind its subtree. */
  readonly ends: Uint32Array
  /** Node -> an id, or -1; `nextSame` of the byte trie leads to the others. */
  readonly ids: Int32Array
  /** The code points that occur. */
  readonly alphabet: Uint32Array
}

const lastCode = 0x10ffff

/** Leaves out the byte strings that are not valid UTF-8, or end within a character. */
export function buildCharacterTrie(trie: ByteTrie): CharacterTrie {
  const characters = new Uint32Array(trie.nodes)
  const depths = new Uint16Array(trie.nodes)
  const ends = new Uint32Array(trie.nodes)
  const ids = new Int32Array(trie.nodes).fill(-1)
  const places = new Map<number, number>()
  /** By bytes: the bits read of a character that has begun, how many bytes are missing and how many it has, whole characters before. */
  const room = trie.maxDepth + 1
  const bits = new Uint32Array(room)
  const missing = new Uint8Array(room)
  const lengths = new Uint8Array(room)
  const whole = new Uint16Array(room)
  /** The open node at each depth. */
  const open: number[] = [0]
  let nodes = 1
  for (let node = 1; node < trie.nodes;) {
    const depth = trie.depths[node]
    const byte = trie.bytes[node]
    const within = missing[depth - 1] > 0
    const length = within ? lengths[depth - 1] : lengthFrom(byte)
    if (length === 0 || (within && (byte & 0xc0) !== 0x80)) {
      node = trie.ends[node]
      continue
    }
    const code = within ? (bits[depth - 1] << 6) | (byte & 0x3f) : length === 1 ? byte : byte & (0x7f >> length)
    bits[depth] = code
    lengths[depth] = length
    missing[depth] = (within ? missing[depth - 1] : length) - 1
    whole[depth] = whole[depth - 1]
    if (missing[depth] === 0) {
      if (!isCharacter(code, length)) {
        node = trie.ends[node]
        continue
      }
      const at = ++whole[depth]
      while (open.length > at) ends[open.pop() as number] = nodes
      let place = places.get(code)
      if (place === undefined) places.set(code, (place = places.size))
      characters[nodes] = place
      depths[nodes] = at
      ids[nodes] = trie.ids[node]
      open.push(nodes++)
    }
    node++
  }
  while (open.length > 0) ends[open.pop() as number] = nodes
  return {
    nodes,
    characters: places.size <= 0x10000 ? Uint16Array.from(characters.subarray(0, nodes)) : characters.slice(0, nodes),
    depths: depths.slice(0, nodes),
    ends: ends.slice(0, nodes),
    ids: ids.slice(0, nodes),
    alphabet: Uint32Array.from(places.keys()),
  }
}

/** Bytes of the character that begins so, 0 where none does. */
function lengthFrom(byte: number): number {
  if (byte < 0x80) return 1
  return byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0
}

/** Overlong forms and surrogates are none. */
function isCharacter(code: number, length: number): boolean {
  const least = length === 1 ? 0 : length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000
  return code >= least && code <= lastCode && (code < 0xd800 || code > 0xdfff)
}
