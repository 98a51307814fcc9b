/** Unigram splits against all splits tried, and the character map of SentencePiece. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCharsmap } from './charsmap.ts'
import { TOKEN_TYPE } from './tokenizer.ts'
import { createUnigramSegmenter } from './unigram.ts'
import { createVocabulary } from './vocabulary.ts'

const tokens = ['<unk>', 'a', 'b', 'ab', 'aba', 'bb', 'abab', '😀']
const scores = [0, -3, -3.5, -4.25, -5.125, -6, -7.75, -4]
const vocabulary = createVocabulary(
  tokens,
  [TOKEN_TYPE.unknown, ...tokens.slice(1).map(() => TOKEN_TYPE.normal)],
  'test',
)

function encode(text: string): number[] {
  const ids: number[] = []
  createUnigramSegmenter({ vocabulary, scores, unknown: 0, byteFallback: false, normalize: (given) => given })(
    text,
    ids,
    true,
  )
  return ids
}

function bestScore(text: string): number {
  if (text === '') return 0
  let best = -Infinity
  for (const [id, token] of tokens.entries()) {
    if (id > 0 && text.startsWith(token)) best = Math.max(best, scores[id] + bestScore(text.slice(token.length)))
  }
  return best
}

describe('unigram', () => {
  it('finds a split of the best total score', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', '😀'), { maxLength: 10 }), (letters) => {
        const ids = encode(letters.join(''))
        expect(ids.map((id) => tokens[id]).join('')).toBe(letters.join(''))
        expect(ids.reduce((sum, id) => sum + scores[id], 0)).toBeCloseTo(bestScore(letters.join('')), 10)
      }),
      { seed: 7 },
    )
  })

  it('makes one unknown token of neighbouring unknown characters', () => {
    expect(encode('axyzb')).toEqual([1, 0, 2])
  })
})

describe('the character map', () => {
  /** A double array for single-byte keys: every node's children lie at `base ^ label`. */
  function charsmap(rules: readonly (readonly [key: number, replacement: string])[]): Uint8Array {
    const base = 256
    const units = new Uint32Array(base * 4)
    units[0] = base << 10
    let text = ''
    for (const [i, [key, replacement]] of rules.entries()) {
      const node = base ^ key
      const leaf = base * 2 + i * 2
      units[node] = ((leaf ^ node) << 10) | 0x100 | key
      units[leaf] = (0x80000000 | text.length) >>> 0
      text += `${replacement}\0`
    }
    const texts = new TextEncoder().encode(text)
    const blob = new Uint8Array(4 + units.byteLength + texts.length)
    new DataView(blob.buffer).setUint32(0, units.byteLength, true)
    for (let i = 0; i < units.length; i++) new DataView(blob.buffer).setUint32(4 + i * 4, units[i], true)
    blob.set(texts, 4 + units.byteLength)
    return blob
  }

  it('replaces what it knows and keeps the rest', () => {
    const normalize = readCharsmap(
      charsmap([
        [0x09, ' '],
        [0x41, 'aa'],
        [0x42, ''],
      ]),
    )
    expect(normalize('\tA-BB-é😀')).toBe(' aa--é😀')
  })

  it('that is cut off is an error', () => {
    for (const length of [0, 3, 100]) {
      expect(() => readCharsmap(charsmap([[0x41, 'a']]).subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'invalid-file' }),
      )
    }
  })
})
