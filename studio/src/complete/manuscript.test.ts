import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Manuscript, continueWith, pieceAt, replaceToken, rewrite, textOf } from './manuscript.ts'

const token = (text: string) => ({ text, logprob: -1, top: [{ text: ' red', logprob: -2 }] })
const written: Manuscript = continueWith([{ text: 'The sea', token: undefined }], [' is', ' blue', '.'].map(token))
const tokensOf = (manuscript: Manuscript) => manuscript.filter((piece) => piece.token).map(({ text }) => text)

describe('a manuscript', () => {
  it('keeps the tokens that the user left whole', () => {
    const changed = rewrite(written, 'The sea is so blue.')
    expect(textOf(changed)).toBe('The sea is so blue.')
    expect(tokensOf(changed)).toEqual([' is', ' blue', '.'])
    expect(tokensOf(rewrite(written, 'The sea is blu.'))).toEqual([' is', '.'])
    expect(tokensOf(rewrite(written, ''))).toEqual([])
  })

  it('always has the text that was typed, and no two pieces of the user in a row', () => {
    const alphabet = fc.string({ unit: fc.constantFrom('a', ' ', 'b'), maxLength: 12 })
    fc.assert(
      fc.property(alphabet, fc.array(alphabet.filter((text) => text !== '')), alphabet, (prompt, tokens, typed) => {
        const before = continueWith(rewrite([], prompt), tokens.map(token))
        const after = rewrite(before, typed)
        expect(textOf(after)).toBe(typed)
        after.forEach((piece, index) =>
          expect(piece.token ?? after[index + 1]?.token ?? index === after.length - 1).toBeTruthy(),
        )
      }),
    )
  })

  it('takes a rival instead and forgets what came after', () => {
    const changed = replaceToken(written, 2, ' red')
    expect(textOf(changed)).toBe('The sea is red')
    expect(changed[2]?.token).toMatchObject({ text: ' red', logprob: -2 })
    expect(replaceToken(written, 0, 'x')).toBe(written)
  })

  it('finds the piece at an offset', () => {
    expect([0, 6, 7, 9, 10, 16].map((offset) => pieceAt(written, offset))).toEqual([0, 0, 1, 1, 2, undefined])
  })
})
