import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../devices/reference/index.ts'
import { createPagedSequences } from '../models/index.ts'
import { constantSource, Graph } from '../tensor/index.ts'
import type { WeightSource } from '../tensor/index.ts'
import * as ops from '../tensor/ops/index.ts'
import { createRandom } from '../util/random.ts'
import { searchBeams } from './beam-search.ts'
import type { BeamModel, BeamOptions, Hypothesis } from './beam-search.ts'

const V = 5
const startToken = 0
const end = 1
const endTokens = new Set([end])

/** Logits from all tokens of a sequence; checks that no sequence is used after it was closed or left open. */
function scriptedModel(logitsAfter: (tokens: readonly number[]) => Float32Array) {
  const open = new Map<number, readonly number[]>([[0, []]])
  let most = 1
  let next = 1
  const take = (sequence: number): readonly number[] => {
    const tokens = open.get(sequence)
    if (tokens === undefined) throw new Error(`sequence ${sequence} is not open`)
    return tokens
  }
  const model: BeamModel = {
    vocabularySize: V,
    step: async (inputs) =>
      inputs.map(({ sequence, token }) => {
        open.set(sequence, [...take(sequence), token])
        return logitsAfter(take(sequence))
      }),
    fork(sequence) {
      open.set(next, take(sequence))
      most = Math.max(most, open.size)
      return next++
    },
    close(sequence) {
      take(sequence)
      open.delete(sequence)
    },
  }
  return { model, stillOpen: () => open.size, mostOpen: () => most }
}

/** Random logits that depend on the whole text before. */
const randomLogits =
  (seed: number) =>
  (tokens: readonly number[]): Float32Array => {
    const random = createRandom(tokens.reduce((sum, token) => (sum * 31 + token + 1) % 2 ** 31, seed))
    return Float32Array.from({ length: V }, () => 4 * random.float())
  }

const logSoftmax = (logits: Float32Array): number[] => {
  const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0))
  return Array.from(logits, (value) => value - total)
}

describe('searchBeams', () => {
  it('is greedy with one beam', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 12 }), async (seed, maxTokens) => {
        const logitsAfter = randomLogits(seed)
        const { model, stillOpen } = scriptedModel(logitsAfter)
        const [best] = await searchBeams(model, 0, startToken, { beams: 1, maxTokens, endTokens })
        const greedy: number[] = []
        while (greedy.length < maxTokens) {
          const logits = logitsAfter([startToken, ...greedy])
          const token = logits.indexOf(Math.max(...logits))
          if (token === end) break
          greedy.push(token)
        }
        expect(best.tokens).toEqual(greedy)
        expect(best.ended).toBe(greedy.length < maxTokens)
        expect(stillOpen()).toBe(0)
      }),
    )
  })

  it('never holds more sequences than beams, and closes them all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 6 }), async (seed, beams) => {
        const { model, stillOpen, mostOpen } = scriptedModel(randomLogits(seed))
        const found = await searchBeams(model, 0, startToken, { beams, maxTokens: 6, endTokens })
        expect(found.length).toBeGreaterThan(0)
        expect(found.length).toBeLessThanOrEqual(beams)
        expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a))
        expect([stillOpen(), mostOpen() <= beams]).toEqual([0, true])
      }),
    )
  })

  it('closes what it holds when the model fails', async () => {
    const { model, stillOpen } = scriptedModel((tokens) => {
      if (tokens.length > 1) throw new Error('lost')
      return new Float32Array(V)
    })
    await expect(searchBeams(model, 0, startToken, { beams: 3, maxTokens: 9, endTokens })).rejects.toThrow('lost')
    expect(stillOpen()).toBe(0)
  })

  it('keeps to forced, suppressed and repeated tokens', async () => {
    const { model } = scriptedModel((tokens) => Float32Array.of(0, -9, tokens.length === 1 ? 9 : 3, 2.9, 8))
    const options: BeamOptions = {
      beams: 2,
      maxTokens: 6,
      endTokens,
      forcedFirst: 3,
      forcedLast: end,
      suppressed: [4],
      noRepeatNgram: 2,
    }
    const [best] = await searchBeams(model, 0, startToken, options)
    expect(best.tokens[0]).toBe(3)
    expect(best).toMatchObject({ ended: true })
    expect(best.tokens).toHaveLength(5)
    expect(best.tokens).not.toContain(4)
    const pairs = best.tokens.slice(1).map((token, index) => `${best.tokens[index]} ${token}`)
    expect(new Set(pairs).size).toBe(pairs.length)
  })

  it.each([
    ['beams', { beams: 0 }],
    ['maxTokens', { maxTokens: 0 }],
    ['lengthPenalty', { lengthPenalty: NaN }],
  ])('refuses %s out of range', async (option, wrong) => {
    const { model } = scriptedModel(() => new Float32Array(V))
    const search = searchBeams(model, 0, startToken, { beams: 1, maxTokens: 1, endTokens, ...wrong })
    await expect(search).rejects.toMatchObject({ code: 'invalid-argument', fields: { option } })
  })
})

describe('searchBeams against trying everything', () => {
  const maxTokens = 4

  it.each([0, 1, 2])('finds the best of all texts, length penalty %d', async (lengthPenalty) => {
    const { model, logitsAfter, open } = await attentionModel(6)
    const all = await allTexts([], 0, logitsAfter, lengthPenalty, maxTokens)
    const best = all.toSorted((a, b) => b.score - a.score)[0]
    const options: BeamOptions = { beams: 64, maxTokens, lengthPenalty, endTokens, earlyStopping: 'never' }
    const [found] = await searchBeams(model, open(), startToken, options)
    expect(found.tokens).toEqual(best.tokens)
    expect(found.score).toBeCloseTo(best.score, 4)
  })

  /** One layer of attention with random weights on the reference device. */
  async function attentionModel(seed: number) {
    const random = createRandom(seed)
    const g = new Graph()
    const weights = new Map<string, WeightSource>()
    const weight = (name: string, shape: readonly number[]) => {
      const values = Float32Array.from({ length: shape[0] * shape[1] }, () => 4 * random.float() - 2)
      weights.set(name, constantSource(name, values, shape))
      return g.weight(name, shape, 'f32')
    }
    const x = ops.embedding(g, weight('embedding', [V, 8]), g.input('tokens'))
    const settings = { heads: 2, kvHeads: 2, headDim: 4, scale: 0.5, window: undefined, softcap: undefined }
    const y = ops.add(g, x, ops.attention(g, x, x, x, settings))
    g.output('logits', ops.matmul(g, ops.rows(g, y, g.input('rows')), weight('output', [V, 8])))
    const sequences = 64
    const program = await createReferenceDevice().load(g, weights, {
      maxTokens: sequences,
      maxRows: sequences,
      cache: { pages: sequences + 1, sequences, type: 'f32' },
    })
    const state = createPagedSequences(program, { sequences })
    const model: BeamModel = {
      vocabularySize: V,
      async step(inputs) {
        const positions = inputs.map(({ sequence }) => state.length(sequence))
        inputs.forEach(({ sequence }, index) => state.reserve(sequence, positions[index] + 1))
        const logits = program
          .run({
            tokens: Int32Array.from(inputs, ({ token }) => token),
            positions: Int32Array.from(positions),
            sequences: Int32Array.from(inputs, ({ sequence }) => sequence),
            rows: Int32Array.from(inputs.keys()),
          })
          .get('logits') as Float32Array
        return inputs.map((_, index) => logits.slice(index * V, (index + 1) * V))
      },
      fork: (sequence) => state.fork(sequence),
      close: (sequence) => state.close(sequence),
    }
    const logitsAfter = async (tokens: readonly number[]): Promise<Float32Array> => {
      const sequence = state.open()
      let logits = new Float32Array(V)
      for (const token of tokens) [logits] = (await model.step([{ sequence, token }])) as Float32Array<ArrayBuffer>[]
      state.close(sequence)
      return logits
    }
    return { model, logitsAfter, open: () => state.open() }
  }

  async function allTexts(
    tokens: readonly number[],
    logprob: number,
    logitsAfter: (tokens: readonly number[]) => Promise<Float32Array>,
    lengthPenalty: number,
    room: number,
  ): Promise<Pick<Hypothesis, 'tokens' | 'score'>[]> {
    if (room === 0) return [{ tokens, score: logprob / tokens.length ** lengthPenalty }]
    const found: Pick<Hypothesis, 'tokens' | 'score'>[] = []
    for (const [token, value] of logSoftmax(await logitsAfter([startToken, ...tokens])).entries()) {
      const sum = logprob + value
      if (token === end) found.push({ tokens, score: sum / (tokens.length + 1) ** lengthPenalty })
      else found.push(...(await allTexts([...tokens, token], sum, logitsAfter, lengthPenalty, room - 1)))
    }
    return found
  }
})
