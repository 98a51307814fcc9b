/**
 * Tokens that the grammar leaves no choice about, as the model itself would have written them. The forced bytes are tokenised by the
 * model's tokenizer; then every trailing token is given back that a longer token of the vocabulary could take the place of.
 */
import type { ByteTrie } from './byte-trie.ts'
import { childOf } from './byte-trie.ts'
import type { State } from './grammar.ts'
import type { TokenTrie } from './token-trie.ts'

/** Most bytes that are followed at once. */
const MOST_BYTES = 1024

/** Bytes of context before the forced ones that are tokenised with them, since splits depend on what stands before. */
const CONTEXT_BYTES = 64

/** The tokens forced from `start`, after text whose last tokens are `before`; empty where there is none. */
export function forcedTokens(tokens: TokenTrie, start: State, before: readonly number[]): readonly number[] {
  const { bytes, end } = followForcedBytes(start)
  if (bytes.length === 0) return []
  const canonical = tokeniseAfter(tokens, before, bytes)
  if (canonical === undefined) return []
  const keep = countStable(tokens, canonical, bytes, end)
  return canonical.slice(0, keep)
}

function followForcedBytes(start: State): { readonly bytes: Uint8Array; readonly end: State } {
  const bytes: number[] = []
  let state = start
  while (bytes.length < MOST_BYTES) {
    const forced = forcedByte(state)
    if (forced === undefined) break
    bytes.push(forced.byte)
    state = forced.next
  }
  return { bytes: Uint8Array.from(bytes), end: state }
}

function forcedByte(state: State): { readonly byte: number; readonly next: State } | undefined {
  if (state.canEnd || state.freeRun !== undefined || (state.controls?.length ?? 0) > 0) return undefined
  let forced: { byte: number; next: State } | undefined
  for (let byte = 0; byte < 256; byte++) {
    const next = state.next(byte)
    if (next === undefined) continue
    if (forced) return undefined
    forced = { byte, next }
  }
  return forced
}

/** The tokenizer's own tokens for `bytes` behind `before`, or undefined where they do not begin between two tokens. */
function tokeniseAfter(tokens: TokenTrie, before: readonly number[], bytes: Uint8Array): number[] | undefined {
  const context = contextBytes(tokens, before)
  const text = decodeWhole(concatenate(context, bytes))
  const ids = text === undefined ? undefined : tokens.tokenizer.encode(text, { addSpecial: false })
  const behind = ids && takeLast(tokens, ids, bytes)
  if (behind) return behind
  // Without what stands before: some tokenizers put a space before every text, which a line break keeps away from it.
  for (const guard of ['', '\n']) {
    const alone = decodeWhole(bytes)
    if (alone === undefined) return undefined
    const found = takeLast(tokens, tokens.tokenizer.encode(guard + alone, { addSpecial: false }), bytes)
    if (found) return found
  }
  return undefined
}

function contextBytes(tokens: TokenTrie, before: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  for (let i = before.length - 1; i >= 0 && length < CONTEXT_BYTES && tokens.isText(before[i]); i--) {
    const bytes = tokens.tokenizer.tokenBytes(before[i])
    parts.unshift(bytes)
    length += bytes.length
  }
  return concatenate(...parts)
}

/** The last of `ids`, where their bytes are exactly `bytes`. */
function takeLast(tokens: TokenTrie, ids: readonly number[], bytes: Uint8Array): number[] | undefined {
  let at = bytes.length
  let first = ids.length
  while (at > 0 && first > 0) {
    const id = ids[--first]
    if (!tokens.isText(id)) return undefined
    const token = tokens.tokenizer.tokenBytes(id)
    at -= token.length
    if (at < 0 || token.some((byte, i) => byte !== bytes[at + i])) return undefined
  }
  return at === 0 ? ids.slice(first) : undefined
}

/** How many of the first tokens no vocabulary token could replace, whatever legal bytes come next. */
function countStable(tokens: TokenTrie, ids: readonly number[], bytes: Uint8Array, end: State): number {
  let at = 0
  for (let i = 0; i < ids.length; i++) {
    if (bytes.length - at < tokens.trie.maxDepth && spansEnd(tokens.trie, bytes.subarray(at), end)) return i
    at += tokens.tokenizer.tokenBytes(ids[i]).length
  }
  return ids.length
}

/** Whether a token starts with all of `suffix` and goes on legally from `end`. */
function spansEnd(trie: ByteTrie, suffix: Uint8Array, end: State): boolean {
  let node = 0
  for (const byte of suffix) {
    node = childOf(trie, node, byte)
    if (node < 0) return false
  }
  const depth = trie.depths[node]
  const states: State[] = []
  states[depth] = end
  const last = trie.ends[node]
  for (let below = node + 1; below < last;) {
    const next = states[trie.depths[below] - 1].next(trie.bytes[below])
    if (next === undefined) {
      below = trie.ends[below]
      continue
    }
    if (trie.ids[below] >= 0) return true
    states[trie.depths[below]] = next
    below++
  }
  return false
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** The text of `bytes`, or undefined where they end or start within a character: the tokenizer could not see that. */
function decodeWhole(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return text.includes('\uFFFD') ? undefined : text
}
