/** Texts of a grammar within JSON: every escaping of a legal text, nothing else, and always a way out. */
import { describe, expect, it } from 'vitest'
import { leadsToEnd, randomText } from '../../test/constrain-suite/random-walk.ts'
import type { State } from './grammar.ts'
import { compileGbnf } from './gbnf.ts'
import { compileLark } from './lark.ts'
import { compileTextArgument } from './text-argument.ts'

const nested = compileLark('start: "(" start ")" | WORD\nWORD: /[a-zé😀"\\n]+/')
const grammar = compileTextArgument('input', nested)

function stateAfter(text: string): State | undefined {
  let state: State | undefined = grammar.start
  for (const byte of new TextEncoder().encode(text)) state = state?.next(byte)
  return state
}

function isText(text: string): boolean {
  let state: State | undefined = nested.start
  for (const byte of new TextEncoder().encode(text)) state = state?.next(byte)
  return state?.canEnd ?? false
}

describe('compileTextArgument', () => {
  it.each([
    ['{"input":"((ab))"}', true],
    ['{"input": "a"}', true],
    ['{"input":"\\u0028é\\ud83d\\ude00\\n\\""}', false],
    ['{"input":"\\u0028é\\ud83d\\ude00\\n\\"\\u0029"}', true],
    ['{"input":"((ab)"}', false],
    ['{"input":"A"}', false],
    ['{"input":""}', false],
    ['{"other":"a"}', false],
  ])('%s: %s', (text, right) => {
    expect(stateAfter(text)?.canEnd ?? false).toBe(right)
  })

  it('leads nowhere by no byte and no escape', () => {
    expect(stateAfter('{"input":"\\u00e')).toBeDefined()
    expect(stateAfter('{"input":"\\u01')).toBeUndefined()
    expect(stateAfter('{"input":"\\ud83c')).toBeUndefined()
    // The lead byte of what no text holds.
    expect(stateAfter('{"input":"')?.next(0xe4)).toBeUndefined()
  })

  it('writes only texts of the grammar, from wherever it stands', () => {
    for (const source of [nested, compileGbnf('root ::= "[" (root ("," root)*)? "]" | [^a-z\\[\\],]+')]) {
      const held = compileTextArgument('input', source)
      for (let seed = 0; seed < 150; seed++) {
        const { text, stuck } = randomText(held, seed, 40)
        expect([seed, stuck]).toEqual([seed, false])
        const { input } = JSON.parse(text) as { input: string }
        if (source === nested) expect([input, isText(input)]).toEqual([input, true])
      }
    }
  })

  it('knows a way to an end within a string', () => {
    for (const begun of [
      '{',
      '{"input":"',
      '{"input":"((',
      '{"input":"((\\',
      '{"input":"(a\\u00e',
      '{"input":"\\ud83d\\u',
    ]) {
      const state = stateAfter(begun)
      expect([begun, leadsToEnd(state as State, state?.closing() ?? new Uint8Array(0))]).toEqual([begun, true])
    }
  })
})
