import { describe, expect, it } from 'vitest'
import type { Verdict } from '../tools/steps/verifier.ts'
import { textVerifier } from './text-verifier.ts'

type Checks = Parameters<typeof textVerifier>[0]
const check = (checks: Checks, text: string) =>
  textVerifier(checks).verify(text, { signal: new AbortController().signal }) as Verdict

describe('textVerifier', () => {
  it.each([
    [{ kind: 'contains', text: 'The Moon' }, 'it is the\n  moon that pulls', true],
    [{ kind: 'contains', text: 'tide' }, 'The tides.', true],
    [{ kind: 'contains', text: 'cat' }, 'Education', false],
    [{ kind: 'contains', text: '月' }, '明月光', true],
    [{ kind: 'regex', pattern: '\\d{4}' }, 'in 1969,\nthen', true],
    [{ kind: 'regex', pattern: '^\\d{4}$' }, '1969', true],
    [{ kind: 'regex', pattern: '^\\d{4}$' }, 'in 1969', false],
    [{ kind: 'regex', pattern: 'cost \\$' }, 'the cost $ of', true],
    [{ kind: 'words', least: 2, most: 3 }, "it's well-known", true],
    [{ kind: 'words', least: 3 }, 'two words', false],
    [{ kind: 'json-schema', schema: { type: 'object', required: ['a'] } }, ' { "b" : 2, "a" : 1 } ', true],
    [{ kind: 'json-schema', schema: { type: 'object', required: ['a'] } }, '{"b":2}', false],
    [{ kind: 'json-schema', schema: { type: 'integer' } }, '2.5', false],
    [{ kind: 'json-schema', schema: { type: 'array' } }, 'Sure: []', false],
  ] satisfies [Checks[number], string, boolean][])('%j of %j: %s', (each, text, passed) => {
    expect(check([each], text).passed).toBe(passed)
  })

  it('counts points and says what is wrong with each', () => {
    const rubric: Checks[number] = {
      kind: 'rubric',
      required: ['gravity', ['Moon', 'lunar']],
      forbidden: ['magnet'],
      words: { least: 8, most: 20 },
    }
    expect(check([rubric], 'Lunar magnets do it.')).toEqual({
      passed: false,
      score: (0 + 1 + 0 + 0.5) / 4,
      feedback: 'It does not say: gravity. It must not say: magnet. It has 4 words, write at least 8.',
    })
    expect(check([rubric], 'The gravity of the Moon pulls the sea towards it.')).toMatchObject({
      passed: true,
      score: 1,
    })
  })

  it('passes only what passes all checks', () => {
    const checks: Checks = [
      { kind: 'contains', text: 'a' },
      { kind: 'words', most: 1 },
    ]
    expect([check(checks, 'a').passed, check(checks, 'a b')]).toMatchObject([true, { passed: false, score: 0.75 }])
  })

  it('takes no pattern longer than the text is long', () => {
    expect(check([{ kind: 'regex', pattern: '^(a+)+$' }], `${'a'.repeat(20_000)}b`).passed).toBe(false)
  })

  it.each([
    [[], 'at least one'],
    [[{ kind: 'regex', pattern: '(' }], 'regular expression'],
    [[{ kind: 'json-schema', schema: { type: 'nonsense' } }], 'schema'],
  ] as [Checks, string][])('refuses %j', (checks, message) => {
    expect(() => textVerifier(checks)).toThrow(message)
  })
})
