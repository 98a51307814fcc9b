import { describe, expect, it } from 'vitest'
import { Graph } from '../graph.ts'
import type { Tensor } from '../graph.ts'
import * as ops from './index.ts'

/** A graph with activations [T, 8] and [T, 6], and weights by shape. */
function scene() {
  const g = new Graph()
  const weight = (...shape: number[]): Tensor => g.weight(`w${shape.join('x')}`, shape, 'f32')
  const tokens = g.input('tokens')
  return { g, weight, tokens, x8: ops.embedding(g, weight(9, 8), tokens), x6: ops.embedding(g, weight(9, 6), tokens) }
}

type Scene = ReturnType<typeof scene>
const attention = { heads: 4, kvHeads: 2, headDim: 2, scale: 1, window: undefined, softcap: undefined }

const refused: readonly (readonly [string, (s: Scene) => Tensor, RegExp])[] = [
  ['embedding of a vector', ({ g, weight, tokens }) => ops.embedding(g, weight(8), tokens), /table \[V, D\]/],
  ['embedding by floats', ({ g, weight }) => ops.embedding(g, weight(9, 8), weight(9)), /i32/],
  ['matmul of other width', ({ g, weight, x8 }) => ops.matmul(g, x8, weight(5, 6)), /x \[\*, K\] and weight \[N, K\]/],
  ['rms-norm of no group', ({ g, weight, x8 }) => ops.rmsNorm(g, x8, weight(3), 1e-5), /divisor/],
  [
    'layer-norm of other width',
    ({ g, weight, x8 }) => ops.layerNorm(g, x8, weight(6), undefined, 1e-5),
    /vector \[8\]/,
  ],
  ['add of other width', ({ g, x8, x6 }) => ops.add(g, x8, x6), /one shape/],
  ['multiply by a vector of other width', ({ g, weight, x8 }) => ops.multiply(g, x8, weight(6)), /vector \[D\]/],
  ['glu of other width', ({ g, x8, x6 }) => ops.glu(g, x8, x6, 'silu'), /one shape/],
  ['softcap of 0', ({ g, x8 }) => ops.softcap(g, x8, 0), /above 0/],
  ['activation without name', ({ g, x8 }) => ops.activation(g, x8, 'toString' as 'silu'), /silu/],
  [
    'rope with too many frequencies',
    ({ g, weight, x8 }) => ops.rope(g, x8, weight(3), { headDim: 4, style: 'neox', scale: 1 }),
    /at most 2/,
  ],
  [
    'rope with broken heads',
    ({ g, weight, x8 }) => ops.rope(g, x8, weight(1), { headDim: 3, style: 'neox', scale: 1 }),
    /heads \* 3/,
  ],
  ['attention of wide keys', ({ g, x8 }) => ops.attention(g, x8, x8, x8, attention), /k and v \[T, 4\]/],
  ['slice past the end', ({ g, x8 }) => ops.slice(g, x8, { start: 4, size: 5 }), /at least 9 columns/],
  ['clamp to nothing', ({ g, x8 }) => ops.clamp(g, x8, 0), /above 0/],
  ['rows scaled by rows', ({ g, x8, x6 }) => ops.scaleRows(g, x8, x6), /factors \[T, 1\]/],
  ['more choices than experts', ({ g, x6 }) => ops.route(g, x6, { k: 7, renormalise: true }), /E >= 7/],
  ['no choice', ({ g, x6 }) => ops.route(g, x6, { k: 0, renormalise: true }), /'k' of at least 1/],
  [
    'experts by an odd number of choices',
    ({ g, weight, x8 }) => ops.expertLinear(g, x8, weight(5, 3), { weight: weight(4, 5, 8) }),
    /choices \[T, 2 k\]/,
  ],
  [
    'experts of other width',
    ({ g, weight, x8, x6 }) => ops.expertLinear(g, x8, x6, { weight: weight(4, 5, 7) }),
    /weight \[E, N, K\]/,
  ],
  [
    'experts with another bias',
    ({ g, weight, x8, x6 }) => ops.expertLinear(g, x8, x6, { weight: weight(4, 5, 8), bias: weight(5) }),
    /bias \[E, N\]/,
  ],
  ['a sum of other width', ({ g, x8, x6 }) => ops.combineExperts(g, x8, x6), /k \* D/],
  ['rows of a vector', ({ g, weight }) => ops.rows(g, weight(8), g.input('rows')), /x \[T, D\]/],
]

describe('shape rules', () => {
  it.each(refused)('refuse %s', (_, write, message) => {
    const s = scene()
    expect(() => write(s)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) }),
    )
  })

  it('carry the symbols of the batch', () => {
    const { g, weight, x8 } = scene()
    expect(ops.matmul(g, x8, weight(5, 8)).shape).toEqual(['T', 5])
    expect(ops.rows(g, x8, g.input('rows')).shape).toEqual(['R', 8])
    expect(ops.slice(g, x8, { start: 2, size: 3 }).shape).toEqual(['T', 3])
    expect(ops.rmsNorm(g, x8, weight(4), 1e-5).shape).toEqual(['T', 8])
    const choices = ops.route(g, x8, { k: 3, renormalise: false })
    expect(choices.shape).toEqual(['T', 6])
    const inner = ops.expertLinear(g, x8, choices, { weight: weight(8, 5, 8) })
    expect(inner.shape).toEqual(['T', 15])
    expect(ops.combineExperts(g, inner, choices).shape).toEqual(['T', 5])
  })

  it('declare one cache per attention', () => {
    const { g, x8 } = scene()
    const kv = ops.slice(g, x8, { start: 0, size: 4 })
    ops.attention(g, x8, kv, kv, attention)
    const last = ops.attention(g, x8, kv, kv, { ...attention, window: 7 })
    expect(last.shape).toEqual(['T', 8])
    expect(g.caches).toEqual([
      { kvHeads: 2, headDim: 2, window: undefined },
      { kvHeads: 2, headDim: 2, window: 7 },
    ])
    expect(g.nodes.at(-1)?.attributes['cache']).toBe(1)
  })
})
