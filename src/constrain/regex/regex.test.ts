/** Regular expressions against JavaScript's own engine, and what is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Grammar, State } from '../grammar.ts'
import { compileCharacterPattern, compileRegex } from './index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

function follow(grammar: Grammar, bytes: Iterable<number>): State | undefined {
  let state: State | undefined = grammar.start
  for (const byte of bytes) state = state?.next(byte)
  return state
}

function matches(pattern: string, text: string, anchored = false): boolean {
  let state = compileCharacterPattern(pattern, { anchored })
  for (const character of text) state = state?.next(character.codePointAt(0) as number)
  return state?.canEnd ?? false
}

/** Whether a pattern is refused because its look-ahead leads to too many places: then nothing is claimed about it. */
function isTooInvolved(pattern: string): boolean {
  try {
    compileCharacterPattern(pattern)
    return false
  } catch (error) {
    if (String(error).includes('simple enough to explore')) return true
    throw error
  }
}

/** Patterns over a few characters, with everything that is supported. */
const patterns = fc.letrec<{ pattern: string }>((tie) => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '_',
    '-',
    'é',
    '😀',
    '.',
    '\\d',
    '\\w',
    '\\W',
    '[ab]',
    '[^a]',
    '\\p{L}',
    '[^\\w-]',
    '',
  )
  const count = fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '*?')
  return {
    pattern: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'pattern' },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
      fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(?:${left}|${right})`),
      fc.tuple(tie('pattern'), count).map(([body, times]) => `(${body})${times}`),
    ),
  }
}).pattern
const asserting = fc
  .array(
    fc.oneof(
      patterns,
      fc.constantFrom(
        '^',
        '$',
        '\\b',
        '\\B',
        '(?:^|a)',
        '(?:b|$)',
        '(?=a)',
        '(?!.*b)',
        '(?=^\\w)',
        '(?!^a)',
        '(?:\\b|-)?',
        '(?:(?!b)\\w)*',
        '(?:^a|b\\b)+',
        '(?:a(?=.b|$)|[^a])*',
        '(?:(?!a.b)[ab]-?){2,}',
      ),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''))
const texts = fc
  .array(fc.constantFrom('a', 'b', '_', '-', '1', 'é', '😀', '\n', '字'), { maxLength: 7 })
  .map((parts) => parts.join(''))

describe('the language of a pattern', () => {
  it('is that of RegExp without assertions', () => {
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 10 }), (pattern, samples) => {
        for (const text of samples)
          expect([text, matches(pattern, text)]).toEqual([text, new RegExp(pattern, 'u').test(text)])
        for (const text of samples) {
          expect([text, matches(pattern, text, true)]).toEqual([text, new RegExp(`^(?:${pattern})$`, 'u').test(text)])
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is that of RegExp with anchors, boundaries and look-ahead', () => {
    fc.assert(
      // V8 finds \\B within a surrogate pair, which ECMA-262 does not.
      fc.property(
        asserting,
        fc.array(
          texts.map((text) => text.replaceAll('😀', 'é')),
          { minLength: 5, maxLength: 10 },
        ),
        (pattern, samples) => {
          fc.pre(!isTooInvolved(pattern))
          for (const text of samples)
            expect([text, matches(pattern, text)]).toEqual([text, new RegExp(pattern, 'u').test(text)])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('has no state without an end, and closes by a text that matches', () => {
    fc.assert(
      fc.property(asserting, texts, (pattern, text) => {
        fc.pre(!isTooInvolved(pattern))
        let state = compileCharacterPattern(pattern)
        const taken: string[] = []
        for (const character of text) {
          const next = state?.next(character.codePointAt(0) as number)
          if (!next) break
          taken.push(character)
          state = next
        }
        if (!state) return
        const closing = state.shortest().map((code) => String.fromCodePoint(code))
        expect(closing).toHaveLength(state.minCharacters)
        expect(state.minCharacters).toBeLessThanOrEqual(state.maxCharacters)
        expect(new RegExp(pattern, 'u').test(taken.join('') + closing.join(''))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$', 'jo.e@ex-ample.org', true],
    ['^\\$\\{.*\\}$', '${x}', true],
    ['^{[0-9]}$', '{5}', true],
    ['\\p{Script=Greek}\\u{1F600}\\uD83D\\uDE00', 'λ😀😀', true],
    ['^\\cA\\0\\x41\\/\\t$', '\u0001\u0000A/\t', true],
    ['[\\b-\\n]', '\t', true],
    ['[]', 'a', false],
    ['^[^]$', '\n', true],
    ['^(?<year>\\d{4})-(?<month>\\d\\d)$', '2024-12', true],
    ['^a{3}$', 'aa', false],
    ['^(?:(?!-)[a-z-]{1,3}(?:\\.|$))+$', 'a-b.c', true],
    ['^(?:(?!-)[a-z-]{1,3}(?:\\.|$))+$', 'ab.-c', false],
    ['^(?:(?!..--)[a-z-]+(?:\\.|$))*$', 'ab-c.ab--', false],
  ])('%s on %j is %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
    if (!pattern.startsWith('^{')) expect(new RegExp(pattern, 'u').test(text)).toBe(expected)
  })
})

describe('a compiled pattern', () => {
  it('reads UTF-8 byte by byte and refuses what is not', () => {
    const grammar = compileRegex('[é字😀]+')
    expect(follow(grammar, encoder.encode('字😀é'))?.canEnd).toBe(true)
    expect(follow(grammar, [0xc3])?.next(0xa8)).toBeUndefined()
    expect(follow(compileRegex('.*'), [0xc0])).toBeUndefined()
    expect(follow(compileRegex('.*'), [0xe0, 0x9f])).toBeUndefined()
    expect(follow(compileRegex('.*'), [0xed, 0xa0])).toBeUndefined()
    expect(follow(compileRegex('.*'), [0xf4, 0x90])).toBeUndefined()
  })

  it('allows a byte exactly where some character that starts so is legal', () => {
    const grammar = compileRegex('[а-я]{2}|\\u{1F600}x')
    const legal = (state: State | undefined): number[] =>
      Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => state?.next(byte))
    expect(legal(grammar.start)).toEqual([0xd0, 0xd1, 0xf0])
    expect(legal(grammar.start.next(0xd1))).toEqual(Array.from({ length: 16 }, (_, byte) => 0x80 + byte))
    expect(legal(follow(grammar, [0xf0, 0x9f, 0x98]))).toEqual([0x80])
  })

  it('closes from within a character too', () => {
    for (const [pattern, bytes] of [
      ['[à-ï]{1,3}!', [0xc3]],
      ['x?(?:😀|字b)', [0xe5]],
    ] as const) {
      const closing = follow(compileRegex(pattern), bytes)?.closing() ?? new Uint8Array(0)
      expect(new RegExp(`^(?:${pattern})$`, 'u').test(decoder.decode(Uint8Array.of(...bytes, ...closing)))).toBe(true)
    }
  })

  it('counts without unrolling, also when counts overlap', () => {
    const grammar = compileRegex('[ab]{1,10000}[bc]{0,10000}c{3,}')
    expect(follow(grammar, encoder.encode(`${'ab'.repeat(5000)}${'cb'.repeat(5000)}ccc`))?.canEnd).toBe(true)
    expect(follow(grammar, encoder.encode(`${'ab'.repeat(5000)}a`))).toBeUndefined()
  })

  it('is the same state where it is the same place', () => {
    const grammar = compileRegex('"[^"]*"')
    const inside = grammar.start.next(0x22)
    expect(inside?.next(0x61)).toBe(inside)
    expect([...(inside?.freeRun?.exits ?? [])]).toEqual([0x22])
    expect(compileRegex('.*').start.freeRun).toBeUndefined()
    expect(compileRegex('a', { anchored: false }).start.next(0x61)?.freeRun?.exits.size).toBe(0)
  })

  it('stays fast where backtracking would not', () => {
    const text = 'a'.repeat(5000)
    expect(matches('^(a+)+b$', `${text}b`)).toBe(true)
    expect(matches('^(a|aa|a?){1,4000}$', text.slice(0, 3000))).toBe(true)
    expect(matches('(x+x+)+y', text)).toBe(false)
  })
})

describe('what is refused', () => {
  it.each([
    ['(?<=a)b', 'unsupported', /look-behind/],
    ['(a)\\1', 'unsupported', /back-reference/],
    ['(?<n>a)\\k<n>', 'unsupported', /back-reference/],
    ['(?i)a', 'unsupported', /a group of the forms/],
    ['(?:(?!b)a?)*', 'unsupported', /at least one character/],
    ['(?:(?!b)a){99}', 'unsupported', /at most 16 repetitions/],
    ['(?!.{9000}a).{9000}', 'unsupported', /simple enough/],
    ['(a', 'invalid-argument', /expected `\)`/],
    ['a)', 'invalid-argument', /a group that was opened/],
    ['[a', 'invalid-argument', /expected `]`/],
    ['[b-a]', 'invalid-argument', /ascending/],
    ['*a', 'invalid-argument', /something to repeat/],
    ['a{3,2}', 'invalid-argument', /smaller number first/],
    ['a++', 'invalid-argument', /something to repeat/],
    ['^*', 'invalid-argument', /nothing to repeat/],
    ['\\a', 'invalid-argument', /an escape that ECMA-262 knows/],
    ['\\Z', 'invalid-argument', /an escape that ECMA-262 knows/],
    ['\\p{Klingon}', 'invalid-argument', /Unicode property/],
    ['\\u{110000}', 'invalid-argument', /10FFFF/],
    ['\\', 'invalid-argument', /the end/],
    ['a$b', 'invalid-argument', /none does/],
  ])('%s', (pattern, code, message) => {
    expect(() => compileRegex(pattern)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  it('is what would take too long', () => {
    expect(() => compileRegex(`${'('.repeat(300)}a${')'.repeat(300)}`)).toThrow(/nested groups/)
    expect(() => compileRegex('a'.repeat(60_000))).toThrow(/50000 characters/)
  })
})
