import { expect, it } from 'vitest'
import type { Tokenizer } from '../tokenizer/index.ts'
import { tokenizerFromJson } from '../tokenizer/index.ts'
import { BYTE_TO_CHARACTER } from '../tokenizer/byte-level.ts'
import { expectCalls, type ToolDefinition } from '../tools/index.ts'
import { preferExpected } from './preferred-tokens.ts'

/** All bytes, and some longer tokens. */
function tokenizerWith(...words: readonly string[]): Tokenizer {
  const pieces = [...BYTE_TO_CHARACTER, ...words]
  return tokenizerFromJson({
    model: { type: 'BPE', vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges: [] },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    decoder: { type: 'ByteLevel' },
    added_tokens: [],
  })
}

const tool: ToolDefinition = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
}

const tokenizer = tokenizerWith('Ro', 'Rome', 'Ra', '")')
const idsOf = (text: string): number[] =>
  [...new TextEncoder().encode(text)].map((byte) => idOf(BYTE_TO_CHARACTER[byte]))
const idOf = (piece: string): number => tokenizer.idOf(piece) ?? -1

it('prefers the longest tokens of what may be copied, the end of a text, and nothing where nothing is expected', () => {
  const prefer = preferExpected(tokenizer, expectCalls([tool], 'Rome'))
  expect(prefer(idsOf('f(city='))).toBeUndefined()
  // In small letters too, of which this vocabulary has no longer token.
  expect(prefer(idsOf('f(city="'))).toEqual({ tokens: [idOf('Rome'), idOf('r')], bonus: 4 })
  const ends = prefer([...idsOf('f(city="'), idOf('Rome')])?.tokens ?? []
  expect(ends.toSorted()).toEqual([idOf('"'), idOf('")')].toSorted())
})

it('prefers a short token where it is all that can be copied from there', () => {
  const prefer = preferExpected(tokenizer, expectCalls([tool], 'Rome or R'))
  expect(prefer(idsOf('f(city="'))?.tokens).toEqual([idOf('Rome'), idOf('R'), idOf('r')])
})

it('follows tokens that were taken back', () => {
  const prefer = preferExpected(tokenizer, expectCalls([tool], 'Rome'))
  expect(prefer(idsOf('f(city="Ra'))).toBeUndefined()
  expect(prefer(idsOf('f(city="'))?.tokens).toContain(idOf('Rome'))
  expect(prefer(idsOf('f(city="Rom'))?.tokens).toEqual(idsOf('e'))
})
