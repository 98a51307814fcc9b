/** The matcher against brute force over a small vocabulary: masks, budgets, forced tokens, taking back. */
import { describe, expect, it } from 'vitest'
import { tokenizerFromJson, type Tokenizer } from '../tokenizer/index.ts'
import { BYTE_TO_CHARACTER } from '../tokenizer/byte-level.ts'
import type { Grammar, State } from './grammar.ts'
import { compileJsonSchema } from './json-schema/index.ts'
import { createTokenMatcher, type TokenMatcher } from './token-matcher.ts'
import { createTokenTrie } from './token-trie.ts'

/** A byte-level tokenizer with a few merges, an end token and a control token. */
function smallTokenizer(): Tokenizer {
  const [first, second] = [...new TextEncoder().encode('é')].map((byte) => BYTE_TO_CHARACTER[byte])
  const merges = ['t r', 'tr u', 'tru e', 'a b', 'ab c', 'l s', 'f a', 'Ġ true', '" ,', '" }', `${first} ${second}`]
  const tokens = [...BYTE_TO_CHARACTER, ...merges.map((merge) => merge.replace(' ', ''))]
  return tokenizerFromJson({
    added_tokens: [
      { id: tokens.length, content: '<|im_end|>', special: true },
      { id: tokens.length + 1, content: '<call>', special: true },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  })
}

/** The language of finitely many texts. */
function choiceGrammar(texts: readonly string[]): Grammar {
  const encoder = new TextEncoder()
  const all = texts.map((text) => encoder.encode(text))
  const known = new Map<string, State>()
  const stateOf = (rests: readonly Uint8Array[]): State => {
    const key = rests.map((rest) => rest.join()).join(';')
    let state = known.get(key)
    if (!state) {
      state = {
        next(byte) {
          const left = rests.filter((rest) => rest[0] === byte).map((rest) => rest.subarray(1))
          return left.length > 0 ? stateOf(left) : undefined
        },
        canEnd: rests.some((rest) => rest.length === 0),
        closing: () => rests.toSorted((left, right) => left.length - right.length)[0],
      }
      known.set(key, state)
    }
    return state
  }
  return { start: stateOf(all) }
}

/** `"` then any characters but `"` and `\`, at most `limit` of them, then `"`. */
function stringGrammar(limit: number): Grammar {
  const exits = new Set([0x22, 0x5c, ...Array.from({ length: 0x20 }, (_, byte) => byte)])
  const end: State = { next: () => undefined, canEnd: true, closing: () => new Uint8Array(0) }
  const inside = (left: number): State => ({
    next(byte) {
      if (byte === 0x22) return end
      if (exits.has(byte) || left === 0 || byte >= 0xf5 || (byte >= 0x80 && byte < 0xc2)) return undefined
      const more = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
      const after = left === Infinity ? left : left - 1
      return more === 0 ? inside(after) : within(more, byte, after)
    },
    canEnd: false,
    closing: () => Uint8Array.of(0x22),
    freeRun: { exits, maxCharacters: left },
  })
  const within = (more: number, first: number, left: number): State => ({
    next(byte) {
      const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
      const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
      if (byte < lowest || byte > highest) return undefined
      return more === 1 ? inside(left) : within(more - 1, 0, left)
    },
    canEnd: false,
    closing: () => undefined,
  })
  return {
    start: {
      next: (byte) => (byte === 0x22 ? inside(limit) : undefined),
      canEnd: false,
      closing: () => Uint8Array.of(0x22, 0x22),
    },
  }
}

const tokenizer = smallTokenizer()
const tokens = createTokenTrie(tokenizer)
const everyToken = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id)
const endToken = tokens.endTokens[0]
const maskTokens = (mask: Uint32Array): number[] => everyToken.filter((id) => ((mask[id >> 5] >>> (id & 31)) & 1) === 1)
const allowed = (matcher: TokenMatcher): number[] => everyToken.filter((id) => matcher.allows(id))
const pushText = (matcher: TokenMatcher, text: string): void => {
  for (const id of tokenizer.encode(text, { addSpecial: false })) matcher.push(id)
}

describe('masks', () => {
  it.each([0, 1, 2, 3, Infinity])('equal a check of every token, inside a string of at most %s characters', (limit) => {
    const matcher = createTokenMatcher(tokens, stringGrammar(limit))
    pushText(matcher, '"')
    expect(maskTokens(matcher.mask())).toEqual(allowed(matcher))
    expect(matcher.allows(tokenizer.encode('abc', { addSpecial: false })[0])).toBe(limit >= 3)
  })

  it('have the end tokens exactly where the text may end', () => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['true', 'true, false']))
    expect(matcher.allows(endToken)).toBe(false)
    pushText(matcher, 'true')
    expect([matcher.canEnd, matcher.mustEnd]).toEqual([true, false])
    expect(maskTokens(matcher.mask())).toEqual(allowed(matcher))
    expect(matcher.allows(endToken)).toBe(true)
    pushText(matcher, ', false')
    expect([matcher.mustEnd, maskTokens(matcher.mask())]).toEqual([true, [...tokens.endTokens]])
    expect(matcher.push(endToken)).toEqual([])
    expect([matcher.mustEnd, maskTokens(matcher.mask()), matcher.allows(endToken)]).toEqual([true, [], false])
  })

  it('close by the control token where spelling its text leads nowhere', () => {
    const end: State = { next: () => undefined, canEnd: true, closing: () => new Uint8Array(0) }
    const answer: State = {
      ...end,
      next: (byte) => (byte === 0x61 ? end : undefined),
      canEnd: false,
      closing: () => Uint8Array.of(0x61),
    }
    const free: State = {
      next: () => free,
      canEnd: false,
      closing: () => new TextEncoder().encode('<call>a'),
      controls: ['<call>'],
      nextControl: () => answer,
    }
    const matcher = createTokenMatcher(tokens, { start: free })
    expect(matcher.closingTokens).toBe(2)
    expect(matcher.closingToken).toBe(tokenizer.idOf('<call>'))
    matcher.push(matcher.closingToken as number)
    matcher.push(matcher.closingToken as number)
    expect(matcher.canEnd).toBe(true)
  })

  it('let a control token pass by its text, and only as that token', () => {
    const end: State = { next: () => undefined, canEnd: true, closing: () => new Uint8Array(0) }
    const start: State = {
      next: () => undefined,
      canEnd: false,
      closing: () => undefined,
      controls: ['<call>', '<not in the vocabulary>'],
      nextControl: () => end,
    }
    const matcher = createTokenMatcher(tokens, { start })
    const control = tokenizer.idOf('<call>') as number
    expect(maskTokens(matcher.mask())).toEqual([control])
    expect(matcher.push(control)).toEqual([end])
  })
})

describe('push and rollback', () => {
  it('returns the state of every byte and goes back to earlier states', () => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['true']))
    const start = matcher.state
    const [token] = tokenizer.encode('true', { addSpecial: false })
    expect(matcher.push(token)).toHaveLength(4)
    matcher.push(endToken)
    matcher.rollback(2)
    expect(matcher.state).toBe(start)
    expect(matcher.allows(token)).toBe(true)
  })

  it('refuses an illegal token and stays where it was', () => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['true']))
    const start = matcher.state
    expect(() => matcher.push(tokenizer.encode('a')[0])).toThrow(/expected a legal token/)
    expect(() => matcher.push(endToken)).toThrow(/expected a legal token/)
    expect(() => matcher.rollback(1)).toThrow(/take back 0 to 0/)
    expect(matcher.state).toBe(start)
  })
})

describe('forced tokens', () => {
  const forcedText = (matcher: TokenMatcher): string => tokenizer.decode(matcher.forced())

  it('are those of the tokenizer where only one text is possible', () => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['say true']))
    expect(matcher.forced()).toEqual(tokenizer.encode('say true', { addSpecial: false }))
  })

  it('stop before a token that could become a longer one', () => {
    expect(forcedText(createTokenMatcher(tokens, choiceGrammar(['xtrx', 'xtrue'])))).toBe('x')
    expect(forcedText(createTokenMatcher(tokens, choiceGrammar(['xtry', 'xtrz'])))).toBe('xtr')
    expect(forcedText(createTokenMatcher(tokens, choiceGrammar(['xabc', 'xabd'])))).toBe('x')
  })

  it('see the text before them, and never split a character', () => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['é1', 'é2', 'è']))
    expect(forcedText(matcher)).toBe('')
    matcher.push(tokenizer.encode('é', { addSpecial: false })[0])
    expect(matcher.forced()).toEqual([])
  })

  it('complete the only key that is left', () => {
    const schema = { type: 'object', properties: { abcd: true }, required: ['abcd'], additionalProperties: false }
    const matcher = createTokenMatcher(tokens, compileJsonSchema(schema))
    pushText(matcher, '{"a')
    expect(forcedText(matcher)).toBe('bcd":')
  })

  it('are none at an end or a choice', () => {
    expect(createTokenMatcher(tokens, choiceGrammar(['', 'a'])).forced()).toEqual([])
    expect(createTokenMatcher(tokens, choiceGrammar(['a', 'b'])).forced()).toEqual([])
  })
})

describe('budgets', () => {
  it('count the fewest tokens of the closing', () => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['true', 'xyz']))
    expect(matcher.closingTokens).toBe(3)
    pushText(matcher, 'true')
    expect(matcher.closingTokens).toBe(0)
  })

  it.each([0, 1, 2, 3, 4])('admit exactly the tokens that leave a known way within %s', (remaining) => {
    const matcher = createTokenMatcher(tokens, choiceGrammar(['abab', 'xyz', 'x', 'true!']))
    const within = everyToken.filter((id) => matcher.allowsWithin(id, remaining))
    expect(maskTokens(matcher.maskWithin(remaining))).toEqual(within)
    expect(within.every((id) => matcher.allows(id))).toBe(true)
    expect(within.includes(tokenizer.encode('x')[0])).toBe(remaining >= 1)
    expect(within.includes(tokenizer.encode('ab')[0])).toBe(remaining >= 2)
  })

  it('always leave the next token of the way known before', () => {
    const matcher = createTokenMatcher(tokens, stringGrammar(Infinity))
    pushText(matcher, '"ab')
    expect(matcher.closingTokens).toBe(1)
    expect(maskTokens(matcher.maskWithin(1))).toEqual([tokenizer.encode('"', { addSpecial: false })[0]])
    expect(maskTokens(matcher.maskWithin(0))).toEqual([])
  })
})
