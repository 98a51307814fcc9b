import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, Program } from '../tensor/device.ts'
import { pageTokens } from '../tensor/device.ts'
import { OstroError } from '../util/error.ts'
import { createSequences } from './sequences.ts'

/**
 * A program whose cache is the tokens themselves: a run answers, in the last row, a hash of all tokens that its sequence sees
 * through the page table. Whatever is shared, forked or evicted, it must be the hash of the sequence's own tokens.
 */
function mirrorProgram(pages: number, sequences: number) {
  const store = new Int32Array(pages * pageTokens)
  const tables = Array.from({ length: sequences }, () => new Map<number, number>())
  let failNext = false
  const place = (sequence: number, position: number): number => {
    const page = tables[sequence].get(Math.floor(position / pageTokens))
    if (page === undefined) throw new Error('no page')
    return page * pageTokens + (position % pageTokens)
  }
  const program: Program = {
    run: ({ tokens, positions, sequences: slots, rows }: Batch) => {
      tokens.forEach((token, index) => {
        store[place(slots[index], positions[index])] = token
      })
      if (failNext) {
        failNext = false
        throw new OstroError('device', 'broken')
      }
      const seen = Array.from({ length: positions[positions.length - 1] + 1 }, (_, at) => store[place(slots[0], at)])
      return new Map([['logits', Float32Array.from(rows, () => hash(seen))]])
    },
    notices: [],
    caches: {
      groups: [{ window: undefined, caches: [{ kvHeads: 1, headDim: 1, window: undefined }], pages }],
      setPage: (_, sequence, index, page) => void tables[sequence].set(index, page),
      copyPage: (_, from, to) => void store.copyWithin(to * pageTokens, from * pageTokens, (from + 1) * pageTokens),
    },
    bytes: { weights: 0, arena: 0, cache: 0 },
  }
  return { program, breakNext: () => (failNext = true) }
}

function hash(tokens: readonly number[]): number {
  return tokens.reduce((sum, token) => (sum * 31 + token + 1) % 65_521, 7)
}

const options = { contextTokens: 256, chunkTokens: 50, vocabularySize: 100, slots: 3 }

describe('sequences', () => {
  it('every prompt sees exactly its own tokens, whatever came before', async () => {
    const piece = fc.record({ letter: fc.nat(2), length: fc.integer({ min: 1, max: 90 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(piece, { minLength: 1, maxLength: 2 }), { maxLength: 12 }),
        async (prompts) => {
          // Room for little more than one full sequence, so that sequences have to give way.
          const { program } = mirrorProgram(Math.ceil(256 / pageTokens) + 1, 3)
          const sequences = createSequences(program, options)
          for (const pieces of prompts) {
            const prompt = pieces.flatMap(({ letter, length }) => new Array<number>(length).fill(letter))
            const sequence = sequences.forPrompt(prompt)
            const common = sequence.tokens.findIndex((token, at) => token !== prompt[at])
            const held = common < 0 ? sequence.tokens.length : common
            const start = sequence.truncate(Math.min(held, prompt.length - 1))
            let logits: Float32Array | undefined
            for (let at = start; at < prompt.length;) {
              const result = await sequence.run(prompt.slice(at))
              at += result.readTokens
              logits = result.logits
            }
            expect(logits?.[0]).toBe(hash(prompt))
            expect(sequence.tokens).toEqual(prompt)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('continues, branches, or starts anew by what is shared', async () => {
    const sequences = createSequences(mirrorProgram(20, 3).program, options)
    const shared = Array.from({ length: 40 }, (_, index) => index)
    const first = sequences.forPrompt(shared)
    await first.run(shared)
    expect(sequences.forPrompt([...shared, 1])).toBe(first)
    const branch = sequences.forPrompt([...shared.slice(0, 30), 99, 98])
    expect(branch).not.toBe(first)
    expect(branch.tokens).toEqual(shared)
    expect(branch.truncate(30)).toBe(30)
    expect(first.tokens).toEqual(shared)
    expect(sequences.forPrompt([0, 1, 99]).tokens).toEqual([])
  })

  it('keeps nothing of a sequence whose run failed', async () => {
    const { program, breakNext } = mirrorProgram(10, 3)
    const sequences = createSequences(program, options)
    const sequence = sequences.open()
    await sequence.run([1, 2])
    breakNext()
    await expect(sequence.run([3])).rejects.toThrow(OstroError)
    expect(sequence.tokens).toEqual([])
    expect((await sequence.run([5])).logits?.[0]).toBe(hash([5]))
  })
})
