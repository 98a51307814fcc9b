/** Which tokens are legal in a state, as a bit set: one walk of the trie along with the grammar, remembered by state. */
import type { ByteTrie } from './byte-trie.ts'
import { walkCharacters } from './character-run.ts'
import { freeRunTokens, type TokenTails } from './free-run.ts'
import type { CharacterRun, State } from './grammar.ts'
import type { TokenTrie } from './token-trie.ts'

/** Most bytes of masks kept per vocabulary. */
const CACHE_BYTES = 8 * 1024 * 1024

/** How far `isUniform` reaches. */
const UNIFORM_BYTES = 256

type Cache = Map<State | CharacterRun, Uint32Array>

const caches = new WeakMap<TokenTrie, Cache>()

/** The mask of a state: bit `id % 32` of word `id >> 5`. Shared, not to be written to, and valid until some hundred others were asked for. */
export function maskOf(tokens: TokenTrie, state: State): Uint32Array {
  const run = state.characterRun
  const known = caches.get(tokens)?.get(state)
  if (known === undefined && run) {
    const inside = remembered(tokens, run, (mask) => walkCharacters(tokens, run, mask))
    return remembered(tokens, state, (mask) => computeMask(tokens, state, inside, mask))
  }
  const isShared = known === undefined && tokens.trie.maxDepth <= UNIFORM_BYTES
  const inside = isShared && state.within ? maskOf(tokens, state.within.inside) : undefined
  return remembered(tokens, state, (mask) => computeMask(tokens, state, inside, mask))
}

function remembered(tokens: TokenTrie, key: State | CharacterRun, compute: (mask: Uint32Array) => void): Uint32Array {
  let cache = caches.get(tokens)
  if (!cache) caches.set(tokens, (cache = new Map()))
  const known = cache.get(key)
  if (known) {
    cache.delete(key)
    cache.set(key, known)
    return known
  }
  const mask = takeMask(tokens, cache)
  compute(mask)
  cache.set(key, mask)
  return mask
}

/** An empty mask, in the memory of the one that was not asked for the longest where there are enough. */
function takeMask(tokens: TokenTrie, cache: Cache): Uint32Array {
  if (cache.size * tokens.maskWords * 4 >= CACHE_BYTES) {
    for (const [key, mask] of cache) {
      cache.delete(key)
      return mask.fill(0)
    }
  }
  return new Uint32Array(tokens.maskWords)
}

/** `inside`: the tokens that stay within a text, where the state has a `characterRun` or `within`. */
function computeMask(tokens: TokenTrie, state: State, inside: Uint32Array | undefined, mask: Uint32Array): void {
  const run = state.freeRun
  if (state.characterRun !== undefined && inside !== undefined) {
    mask.set(inside)
    walk(freeRunTokens(tokens, state.characterRun.exits).rest, state, mask)
    correctWays(tokens.trie, state, state.runExceptions ?? [], mask)
  } else if (run === undefined) {
    walk(tokens.trie, state, mask)
  } else {
    const group = freeRunTokens(tokens, run.exits)
    const typical = run.isUniform === true && tokens.trie.maxDepth <= UNIFORM_BYTES ? afterSomeRun(state) : undefined
    const exit = inside && state.within?.exit
    mask.set(inside ?? group.maskUpTo(run.maxCharacters))
    if (typical) {
      walkTails(exit === undefined ? group.tails : group.tailsWith(exit), typical, mask)
      if (typical !== state) {
        const rest = exit === undefined ? group.rest : group.restWith(exit)
        correctExceptions(rest, group.isExit, state, run.exceptions ?? [], mask)
      }
    } else if (exit !== undefined) walk(group.restWith(exit), state, mask)
    else if (run.maxCharacters >= group.longest) walk(group.rest, state, mask)
    else walkBeyondRuns(tokens.trie, group.needs, run.maxCharacters, state, mask)
  }
  setControls(tokens, state, mask)
  if (state.canEnd) for (const id of tokens.endTokens) mask[id >> 5] |= 1 << (id & 31)
}

/** The state after a character that no exception begins with: the last of Unicode, which no text has. */
function afterSomeRun(state: State): State | undefined {
  return state.next(0xf4)?.next(0x8f)?.next(0xbf)?.next(0xbf)
}

function setControls(tokens: TokenTrie, state: State, mask: Uint32Array): void {
  for (const text of state.controls ?? []) {
    const id = tokens.tokenizer.idOf(text)
    if (id !== undefined && state.nextControl?.(text) !== undefined) mask[id >> 5] |= 1 << (id & 31)
  }
}

/** Sets the bits of the tokens in `trie` that are legal from `start`. */
function walk(trie: ByteTrie, start: State, mask: Uint32Array): void {
  const { nodes, bytes, depths, ends, ids, nextSame } = trie
  const states: State[] = [start]
  let node = 1
  while (node < nodes) {
    const depth = depths[node]
    const next = states[depth - 1].next(bytes[node])
    if (next === undefined) {
      node = ends[node]
      continue
    }
    states[depth] = next
    for (let id = ids[node]; id >= 0; id = nextSame[id]) mask[id >> 5] |= 1 << (id & 31)
    node++
  }
}

/** The tokens that are a run and then a tail which is legal from `start` as it is after the run. */
function walkTails({ trie, tokens }: TokenTails, start: State, mask: Uint32Array): void {
  const { nodes, bytes, depths, ends, ids } = trie
  const states: State[] = [start]
  let node = 1
  while (node < nodes) {
    const depth = depths[node]
    const next = states[depth - 1].next(bytes[node])
    if (next === undefined) {
      node = ends[node]
      continue
    }
    states[depth] = next
    if (ids[node] >= 0) for (const id of tokens[ids[node]]) mask[id >> 5] |= 1 << (id & 31)
    node++
  }
}

/**
 * Sets and clears the bits of tokens that leave the run at once, or after a beginning of an exception: `walkTails` took them for
 * ordinary ones.
 */
function correctExceptions(
  rest: ByteTrie,
  isExit: Uint8Array,
  start: State,
  exceptions: readonly Uint8Array[],
  mask: Uint32Array,
): void {
  const visit = (parent: number, state: State, depth: number, begun: readonly Uint8Array[]): void => {
    const byNext = groupByByte(begun, depth)
    for (let node = parent + 1; node < rest.ends[parent]; node = rest.ends[node]) {
      const byte = rest.bytes[node]
      if (isExit[byte] === 1) correctSubtree(rest, node, state, mask)
      else {
        const following = byNext.get(byte)
        const next = following && state.next(byte)
        if (next) visit(node, next, depth + 1, following)
      }
    }
  }
  visit(0, start, 0, exceptions)
}

function groupByByte(texts: readonly Uint8Array[], depth: number): ReadonlyMap<number, readonly Uint8Array[]> {
  const groups = new Map<number, Uint8Array[]>()
  for (const text of texts) {
    if (text.length <= depth) continue
    const same = groups.get(text[depth])
    if (same) same.push(text)
    else groups.set(text[depth], [text])
  }
  return groups
}

/** Makes the bits of the tokens on the way of these texts exactly those that are legal, and clears those below a dead end. */
function correctWays(trie: ByteTrie, start: State, texts: readonly Uint8Array[], mask: Uint32Array): void {
  const visit = (parent: number, state: State, depth: number, begun: readonly Uint8Array[]): void => {
    const byNext = groupByByte(begun, depth)
    if (byNext.size === 0) return
    for (let node = parent + 1; node < trie.ends[parent]; node = trie.ends[node]) {
      const following = byNext.get(trie.bytes[node])
      if (following === undefined) continue
      const next = state.next(trie.bytes[node])
      const end = next === undefined ? trie.ends[node] : node + 1
      for (let below = node; below < end; below++) {
        for (let id = trie.ids[below]; id >= 0; id = trie.nextSame[id]) {
          if (next === undefined) mask[id >> 5] &= ~(1 << (id & 31))
          else mask[id >> 5] |= 1 << (id & 31)
        }
      }
      if (next !== undefined) visit(node, next, depth + 1, following)
    }
  }
  visit(0, start, 0, texts)
}

/** Makes the bits of the tokens at and below `top` exactly those that are legal, where `before` is the state before it. */
function correctSubtree(trie: ByteTrie, top: number, before: State, mask: Uint32Array): void {
  const { bytes, depths, ends, ids, nextSame } = trie
  const states: State[] = []
  states[depths[top] - 1] = before
  for (let node = top; node < ends[top];) {
    const depth = depths[node]
    const next = states[depth - 1].next(bytes[node])
    if (next === undefined) {
      for (let below = node; below < ends[node]; below++) {
        for (let id = ids[below]; id >= 0; id = nextSame[id]) mask[id >> 5] &= ~(1 << (id & 31))
      }
      node = ends[node]
      continue
    }
    states[depth] = next
    for (let id = ids[node]; id >= 0; id = nextSame[id]) mask[id >> 5] |= 1 << (id & 31)
    node++
  }
}

/** `walk`, leaving out subtrees in which every token is a run of at most `maxCharacters`. */
function walkBeyondRuns(
  trie: ByteTrie,
  needs: Uint16Array,
  maxCharacters: number,
  start: State,
  mask: Uint32Array,
): void {
  const { nodes, bytes, depths, ends, ids, nextSame } = trie
  const states: State[] = [start]
  let node = 1
  while (node < nodes) {
    const depth = depths[node]
    const next = needs[node] <= maxCharacters ? undefined : states[depth - 1].next(bytes[node])
    if (next === undefined) {
      node = ends[node]
      continue
    }
    states[depth] = next
    for (let id = ids[node]; id >= 0; id = nextSame[id]) mask[id >> 5] |= 1 << (id & 31)
    node++
  }
}

/**
 * Calls `visit` with every legal token (end tokens left out) and the state after it. Walks the whole trie: a few milliseconds where
 * most tokens are legal.
 */
export function eachLegalToken(tokens: TokenTrie, start: State, visit: (token: number, after: State) => void): void {
  const { nodes, bytes, depths, ends, ids, nextSame } = tokens.trie
  const states: State[] = [start]
  let node = 1
  while (node < nodes) {
    const depth = depths[node]
    const next = states[depth - 1].next(bytes[node])
    if (next === undefined) {
      node = ends[node]
      continue
    }
    states[depth] = next
    for (let id = ids[node]; id >= 0; id = nextSame[id]) visit(id, next)
    node++
  }
  for (const text of start.controls ?? []) {
    const id = tokens.tokenizer.idOf(text)
    const next = start.nextControl?.(text)
    if (id !== undefined && next !== undefined) visit(id, next)
  }
}
