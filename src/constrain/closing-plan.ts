/** The tokens of a short way from a state to an end: what keeps an answer closable within the tokens that are left. */
import { childOf } from './byte-trie.ts'
import type { State } from './grammar.ts'
import type { TokenTrie } from './token-trie.ts'

const encoder = new TextEncoder()
const plans = new WeakMap<TokenTrie, WeakMap<State, readonly number[] | 'none'>>()

/**
 * The fewest tokens that spell `state.closing()`, remembered by state; empty where the text may end. Control tokens that are legal
 * on the way are taken as such, since their texts may mean nothing. Undefined where no way to an end is known or the vocabulary
 * cannot spell it.
 */
export function closingPlan(tokens: TokenTrie, state: State): readonly number[] | undefined {
  let known = plans.get(tokens)
  if (!known) plans.set(tokens, (known = new WeakMap()))
  let plan = known.get(state)
  if (plan === undefined) {
    const closing = state.canEnd ? new Uint8Array(0) : state.closing()
    plan = (closing && spellWay(tokens, state, closing)) ?? 'none'
    known.set(state, plan)
  }
  return plan === 'none' ? undefined : plan
}

/** Control tokens where the way meets them, and text tokens between. */
function spellWay(tokens: TokenTrie, start: State, closing: Uint8Array): number[] | undefined {
  const plan: number[] = []
  let state: State | undefined = start
  let textFrom = 0
  const spellText = (end: number): boolean => {
    const spelling = spellShortest(tokens, closing.subarray(textFrom, end))
    for (const token of spelling ?? []) plan.push(token)
    return spelling !== undefined
  }
  for (let at = 0; at < closing.length;) {
    const control = controlAt(tokens, state, closing, at)
    if (control === undefined) {
      state = state?.next(closing[at])
      at++
      continue
    }
    if (!spellText(at)) return undefined
    plan.push(control.token)
    state = control.after
    at = textFrom = at + control.length
  }
  return spellText(closing.length) ? plan : undefined
}

/** The control token that is legal in `state` and whose text stands at `at`. */
function controlAt({ tokenizer }: TokenTrie, state: State | undefined, closing: Uint8Array, at: number) {
  for (const text of state?.controls ?? []) {
    const bytes = encoder.encode(text)
    if (!bytes.every((byte, index) => byte === closing[at + index])) continue
    const token = tokenizer.idOf(text)
    const after = state?.nextControl?.(text)
    if (token !== undefined && after !== undefined) return { token, after, length: bytes.length }
  }
  return undefined
}

/** The fewest text tokens whose bytes joined are `text`, or undefined. */
function spellShortest(tokens: TokenTrie, text: Uint8Array): number[] | undefined {
  const { trie } = tokens
  const fewest = new Float64Array(text.length + 1).fill(Infinity)
  const first = new Int32Array(text.length)
  const lengths = new Uint16Array(text.length)
  fewest[text.length] = 0
  for (let at = text.length - 1; at >= 0; at--) {
    let node = 0
    for (let end = at; end < text.length; end++) {
      node = childOf(trie, node, text[end])
      if (node < 0) break
      if (trie.ids[node] < 0 || fewest[end + 1] + 1 > fewest[at]) continue
      fewest[at] = fewest[end + 1] + 1
      first[at] = trie.ids[node]
      lengths[at] = end + 1 - at
    }
  }
  if (fewest[0] === Infinity) return undefined
  const spelling: number[] = []
  for (let at = 0; at < text.length; at += lengths[at]) spelling.push(first[at])
  return spelling
}
