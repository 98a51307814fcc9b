/**
 * Groups of tokens that are legal wherever a run of plain characters is: inside a free JSON string that is most of the
 * vocabulary, and the same tokens in every schema. They are found once per vocabulary and set of exits.
 */
import { buildByteTrie, type ByteTrie, sortEntries } from './byte-trie.ts'
import type { TokenTrie } from './token-trie.ts'

export interface FreeRunTokens {
  /** Mask of the tokens that are a run of at most `maxCharacters` characters. Not to be written to. */
  maskUpTo(maxCharacters: number): Uint32Array
  /** The other tokens, when runs have no limit. */
  readonly rest: ByteTrie
  /** The same tokens without the run that they start with: what is left of them, each with its tokens. */
  readonly tails: TokenTails
  /** Those of the tails that have a byte in them. */
  tailsWith(byte: number): TokenTails
  /** Those of `rest` whose tail has a byte in it. */
  restWith(byte: number): ByteTrie
  /** Byte -> 1 where it is an exit. */
  readonly isExit: Uint8Array
  /** From this limit on no token is too long a run. */
  readonly longest: number
  /** Node of the whole trie -> the characters of the longest run below or at it, or `NO_RUN` where another token is below or at it. */
  readonly needs: Uint16Array
}

export interface TokenTails {
  /** Its ids are places in `tokens`. */
  readonly trie: ByteTrie
  readonly tokens: readonly (readonly number[])[]
}

const NO_RUN = 0xffff

const groups = new WeakMap<TokenTrie, Map<string, FreeRunTokens>>()
const groupsByExits = new WeakMap<TokenTrie, WeakMap<ReadonlySet<number>, FreeRunTokens>>()

/** The groups for a set of exits; equal sets share them. */
export function freeRunTokens(tokens: TokenTrie, exits: ReadonlySet<number>): FreeRunTokens {
  let byExits = groupsByExits.get(tokens)
  if (!byExits) groupsByExits.set(tokens, (byExits = new WeakMap()))
  const known = byExits.get(exits)
  if (known) return known
  let byContent = groups.get(tokens)
  if (!byContent) groups.set(tokens, (byContent = new Map()))
  const key = [...exits].sort((left, right) => left - right).join()
  let created = byContent.get(key)
  if (!created) byContent.set(key, (created = findFreeRunTokens(tokens, exits)))
  byExits.set(exits, created)
  return created
}

function findFreeRunTokens(tokens: TokenTrie, exits: ReadonlySet<number>): FreeRunTokens {
  const { entries, trie, maskWords, vocabularySize } = tokens
  const isExit = new Uint8Array(256)
  for (const byte of exits) isExit[byte] = 1
  /** Characters of the tokens that are a run; 0 for the others. */
  const lengths = new Uint16Array(vocabularySize)
  const tails = new Map<string, { readonly bytes: Uint8Array; readonly tokens: number[] }>()
  let longest = 0
  for (const id of entries.ids) {
    const end = entries.offsets[id + 1]
    const run = measureRun(entries.bytes, entries.offsets[id], end, isExit)
    if (run.end === end) {
      lengths[id] = run.characters
      if (run.characters > longest) longest = run.characters
      continue
    }
    const bytes = entries.bytes.subarray(run.end, end)
    const key = bytes.join()
    const tail = tails.get(key)
    if (tail) tail.tokens.push(id)
    else tails.set(key, { bytes, tokens: [id] })
  }
  const tailList = [...tails.values()]
  const masks = new Map<number, Uint32Array>()
  const tailsByByte = new Map<number, TokenTails>()
  const restByByte = new Map<number, ByteTrie>()
  return {
    isExit,
    longest,
    rest: buildByteTrie(entries, (id) => lengths[id] === 0),
    tails: trieOfTails(tailList),
    tailsWith(byte) {
      let some = tailsByByte.get(byte)
      if (!some) tailsByByte.set(byte, (some = trieOfTails(tailList.filter(({ bytes }) => bytes.includes(byte)))))
      return some
    },
    restWith(byte) {
      let some = restByByte.get(byte)
      if (!some) {
        const kept = new Set(tailList.flatMap((tail) => (tail.bytes.includes(byte) ? tail.tokens : [])))
        restByByte.set(byte, (some = buildByteTrie(entries, (id) => kept.has(id))))
      }
      return some
    },
    needs: findNeeds(trie, lengths),
    maskUpTo(maxCharacters) {
      const limit = Math.min(maxCharacters, longest)
      let mask = masks.get(limit)
      if (!mask) {
        masks.set(limit, (mask = new Uint32Array(maskWords)))
        for (const id of entries.ids) {
          if (lengths[id] > 0 && lengths[id] <= limit) mask[id >> 5] |= 1 << (id & 31)
        }
      }
      return mask
    },
  }
}

function trieOfTails(tails: readonly { readonly bytes: Uint8Array; readonly tokens: readonly number[] }[]): TokenTails {
  return {
    trie: buildByteTrie(sortEntries(tails.length, (id) => tails[id].bytes)),
    tokens: tails.map(({ tokens }) => tokens),
  }
}

function findNeeds(trie: ByteTrie, lengths: Uint16Array): Uint16Array {
  const needs = new Uint16Array(trie.nodes)
  const { ids, nextSame, ends } = trie
  for (let node = trie.nodes - 1; node >= 0; node--) {
    let need = 0
    for (let id = ids[node]; id >= 0; id = nextSame[id]) need = Math.max(need, lengths[id] === 0 ? NO_RUN : lengths[id])
    for (let child = node + 1; child < ends[node]; child = ends[child]) need = Math.max(need, needs[child])
    needs[node] = need
  }
  return needs
}

/** The whole, valid UTF-8 characters without an exit at the start of the bytes. */
function measureRun(
  bytes: Uint8Array,
  start: number,
  end: number,
  isExit: Uint8Array,
): { readonly end: number; readonly characters: number } {
  let characters = 0
  let at = start
  while (at < end && isExit[bytes[at]] === 0) {
    const length = characterLength(bytes, at, end)
    if (length === 0) break
    at += length
    characters++
  }
  return { end: at, characters }
}

/** Bytes of the character at `at`, 0 where there is no whole, valid one. */
function characterLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || at + length > end) return 0
  // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (bytes[at + 1] < lowest || bytes[at + 1] > highest) return 0
  for (let next = at + 2; next < at + length; next++) if (bytes[next] < 0x80 || bytes[next] > 0xbf) return 0
  return length
}
