/** How each operation of the golden set is written as a graph of ours. Activations enter through an embedding of their rows. */
import { constantSource, Graph } from '../../src/tensor/index.ts'
import type { Tensor, WeightSource } from '../../src/tensor/index.ts'
import * as ops from '../../src/tensor/ops/index.ts'
import { inverseFrequencies } from '../../src/models/blocks/rope.ts'
import { goldenF32, goldenI32 } from '../support/golden.ts'
import type { GoldenTensor } from '../support/golden.ts'

/** Expected tensor -> tensors whose values, one after the other, it should be. */
export type Results = Readonly<Record<string, readonly Tensor[]>>

/** The inputs of one golden op, as a graph takes them. */
export class OpCase {
  readonly g = new Graph()
  readonly weights = new Map<string, WeightSource>()
  /** States before the run, by index: the run then starts in the middle of a document. */
  readonly initial = new Map<number, Float32Array>()
  /** States to be compared after the run. */
  readonly finalStates = new Map<string, number>()
  tokens = new Int32Array(0)
  positions = new Int32Array(0)
  readonly tensors: ReadonlyMap<string, GoldenTensor>
  readonly parameters: Readonly<Record<string, unknown>>

  constructor(tensors: ReadonlyMap<string, GoldenTensor>, parameters: Readonly<Record<string, unknown>>) {
    this.tensors = tensors
    this.parameters = parameters
  }

  data(name: string): Float32Array {
    return goldenF32(this.tensors, name)
  }
  /** Values that a result is compared with; numbers of experts are integers. */
  expected(name: string): Float32Array | Int32Array {
    return this.tensors.get(name)?.dtype === 'I32' ? goldenI32(this.tensors, name) : this.data(name)
  }
  integers(name: string): Int32Array<ArrayBuffer> {
    return Int32Array.from(goldenI32(this.tensors, name))
  }
  shape(name: string): readonly number[] {
    return this.tensors.get(name)?.shape ?? []
  }
  number(name: string): number {
    const value = this.parameters[name]
    if (typeof value !== 'number') throw new Error(`golden parameter ${name}: expected a number`)
    return value
  }
  optional(name: string): number | undefined {
    const value = this.parameters[name]
    return typeof value === 'number' ? value : undefined
  }

  /** A weight of the graph, with values that may have been changed. */
  weight(name: string, values = this.data(`in.${name}`), shape: readonly number[] = this.shape(`in.${name}`)): Tensor {
    this.weights.set(name, constantSource(name, Float32Array.from(values), shape))
    return this.g.weight(name, shape, 'f32')
  }

  /** The op made last keeps a state: which values it starts from, and which tensor says what it should be afterwards. */
  state(initial: string | undefined, expected?: string): void {
    const index = this.g.states.length - 1
    if (initial !== undefined) {
      this.initial.set(index, this.data(`in.${initial}`))
      this.positions = this.tokens.map((position) => position + 1)
    }
    if (expected !== undefined) this.finalStates.set(expected, index)
  }

  /** An activation [T, ...]: all dimensions after the first become columns; a vector is one row. */
  rows(name: string, values?: Float32Array, shape: readonly number[] = this.shape(`in.${name}`)): Tensor {
    const [T, ...rest] = shape.length === 1 ? [1, ...shape] : shape
    const columns = rest.reduce((product, dim) => product * dim, 1)
    this.tokens = Int32Array.from({ length: T }, (_, t) => t)
    this.positions = this.tokens
    return ops.embedding(this.g, this.weight(name, values, [T, columns]), this.g.input('tokens'))
  }
}

type Writer = (c: OpCase) => Results

const activation =
  (kind: ops.ActivationAttributes['kind']): Writer =>
  (c) => ({ output: [ops.activation(c.g, c.rows('x'), kind)] })

const gated =
  (kind: ops.GluKind): Writer =>
  (c) => ({ output: [ops.glu(c.g, c.rows('gate'), c.rows('up'), kind)] })

const attention: Writer = (c) => {
  const [, heads, headDim] = c.shape('in.q')
  const kvHeads = c.shape('in.k')[1]
  const settings = { heads, kvHeads, headDim, scale: c.number('scale') }
  const [q, k, v] = [c.rows('q'), c.rows('k'), c.rows('v')]
  if (c.parameters['causal'] === false) {
    const none = { window: undefined, softcap: undefined }
    return { output: [ops.attention(c.g, q, k, v, { ...settings, ...none, causal: false })] }
  }
  const bounds = { window: c.optional('window'), softcap: c.optional('softcap') }
  return { output: [ops.attention(c.g, q, k, v, { ...settings, ...bounds })] }
}

const rope: Writer = (c) => {
  const x = c.rows('x')
  c.positions = c.integers('in.positions')
  const style = c.parameters['mode'] === 'interleaved' ? 'interleaved' : 'neox'
  const settings = { style, dims: c.number('rotaryDims'), base: c.number('base'), scaling: { kind: 'none' } } as const
  const frequencies = inverseFrequencies(settings, 1)
  const weight = c.weight('frequencies', frequencies, [frequencies.length])
  return { output: [ops.rope(c.g, x, weight, { headDim: c.shape('in.x')[2], style, scale: 1 })] }
}

const conv = (c: OpCase): Tensor => {
  const output = ops.convCausal(c.g, c.rows('x'), c.weight('w'), c.weight('b'))
  c.state(c.tensors.has('in.state') ? 'state' : undefined)
  return output
}

export const opWriters: Readonly<Record<string, Writer | undefined>> = {
  rmsnorm: (c) => ({ output: [ops.rmsNorm(c.g, c.rows('x'), c.weight('w'), c.number('eps'))] }),
  rmsnorm_plus_one: (c) => {
    const weight = c.weight(
      'w',
      c.data('in.w').map((value) => value + 1),
    )
    return { output: [ops.rmsNorm(c.g, c.rows('x'), weight, c.number('eps'))] }
  },
  rmsnorm_gated: (c) => {
    const group = c.shape('in.w')[0] / c.number('groups')
    const gatedInput = ops.glu(c.g, c.rows('z'), c.rows('x'), 'silu')
    const ones = c.weight('ones', new Float32Array(group).fill(1), [group])
    const normed = ops.rmsNorm(c.g, gatedInput, ones, c.number('eps'))
    return { output: [ops.multiply(c.g, normed, c.weight('w'))] }
  },
  layernorm: (c) => ({
    output: [ops.layerNorm(c.g, c.rows('x'), c.weight('w'), c.weight('b'), c.number('eps'))],
  }),
  silu: activation('silu'),
  gelu_tanh: activation('gelu-tanh'),
  gelu_erf: activation('gelu-erf'),
  relu: activation('relu'),
  sigmoid: activation('sigmoid'),
  softplus: activation('softplus'),
  tanh: activation('tanh'),
  exp: activation('exp'),
  softmax: (c) => ({ output: [ops.softmax(c.g, c.rows('x'))] }),
  softcap: (c) => ({ output: [ops.softcap(c.g, c.rows('x'), c.number('cap'))] }),
  logsumexp: (c) => ({ output: [ops.logsumexp(c.g, c.rows('x'))] }),
  linear: (c) => ({ output: [ops.add(c.g, ops.matmul(c.g, c.rows('x'), c.weight('w')), c.weight('b'))] }),
  matmul: (c) => {
    const [batch, M, K] = c.shape('in.a')
    const N = c.shape('in.b')[2]
    const one = (index: number): Tensor => {
      const a = c.data('in.a').subarray(index * M * K, (index + 1) * M * K)
      const b = c.data('in.b').subarray(index * K * N, (index + 1) * K * N)
      const transposed = Float32Array.from({ length: N * K }, (_, i) => b[(i % K) * N + Math.floor(i / K)])
      return ops.matmul(c.g, c.rows(`a${index}`, a, [M, K]), c.weight(`b${index}`, transposed, [N, K]))
    }
    return { output: Array.from({ length: batch }, (_, index) => one(index)) }
  },
  embedding: (c) => {
    const output = ops.embedding(c.g, c.weight('w'), c.g.input('tokens'))
    c.tokens = c.integers('in.ids')
    c.positions = new Int32Array(c.tokens.length)
    return { output: [output] }
  },
  cross_entropy: (c) => {
    const logits = c.rows('logits')
    c.positions = c.integers('in.targets') // any integer input will do
    return { output: [ops.crossEntropy(c.g, logits, c.g.input('positions'), c.number('ignore'))] }
  },
  swiglu: gated('silu'),
  geglu_tanh: gated('gelu-tanh'),
  mlp_swiglu: (c) => {
    const x = c.rows('x')
    const gate = ops.matmul(c.g, x, c.weight('w_gate'))
    const up = ops.matmul(c.g, x, c.weight('w_up'))
    return { output: [ops.matmul(c.g, ops.glu(c.g, gate, up, 'silu'), c.weight('w_down'))] }
  },
  attention_causal: attention,
  attention_gqa: attention,
  attention_window: attention,
  attention_softcap: attention,
  attention_window_softcap: attention,
  attention_full: attention,
  rope_neox: rope,
  rope_interleaved: rope,
  rope_partial: rope,
  conv_causal: (c) => ({ output: [conv(c)] }),
  conv_causal_silu: (c) => ({ output: [ops.activation(c.g, conv(c), 'silu')] }),
  conv_causal_state: (c) => ({ output: [conv(c)] }),
  selective_scan: (c) => {
    const inputs = {
      u: c.rows('u'),
      delta: c.rows('delta'),
      A: c.weight('A'),
      B: c.rows('B'),
      C: c.rows('C'),
      D: c.weight('D'),
      z: c.rows('z'),
      deltaBias: c.weight('delta_bias'),
    }
    const output = ops.selectiveScan(c.g, inputs)
    c.state('h0', 'state')
    return { output: [output] }
  },
  ssd: (c) => {
    const inputs = {
      x: c.rows('x'),
      dt: c.rows('dt'),
      A: c.weight('A'),
      B: c.rows('B'),
      C: c.rows('C'),
      D: c.weight('D'),
      dtBias: c.weight('dt_bias'),
    }
    const output = ops.ssd(c.g, inputs, { groups: c.number('groups') })
    c.state('h0', 'state')
    return { output: [output] }
  },
  rg_lru: (c) => {
    const output = ops.rgLru(c.g, {
      x: c.rows('x'),
      lambda: c.weight('lambda'),
      inputGate: c.weight('w_input'),
      inputGateBias: c.weight('b_input'),
      recurrentGate: c.weight('w_recurrent'),
      recurrentGateBias: c.weight('b_recurrent'),
    })
    c.state(undefined, 'state')
    return { output: [output] }
  },
  moe_top2: (c) => {
    const x = c.rows('x')
    const k = c.number('k')
    const linear = (name: string) => ({ weight: c.weight(name) })
    const logits = ops.matmul(c.g, x, c.weight('w_router'))
    const choices = ops.route(c.g, logits, { k, renormalise: true })
    const gate = ops.expertLinear(c.g, x, choices, linear('w_gate'))
    const up = ops.expertLinear(c.g, x, choices, linear('w_up'))
    const down = ops.expertLinear(c.g, ops.glu(c.g, gate, up, 'silu'), choices, linear('w_down'))
    const { experts, weights } = ops.splitChoices(c.g, choices)
    return {
      output: [ops.combineExperts(c.g, down, choices)],
      'router.logits': [logits],
      'router.experts': [experts],
      'router.weights': [weights],
    }
  },
}
