import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../devices/reference/index.ts'
import type { WeightSource } from '../tensor/index.ts'
import { constantSource, pageTokens } from '../tensor/index.ts'
import { createRandom } from '../util/random.ts'
import { architectures, createPagedSequences, openModel } from './index.ts'

const layers = 2
const [D, H, K, headDim, F, V] = [8, 2, 1, 4, 12, 11]

const shapes: Readonly<Record<string, readonly number[]>> = {
  'token_embd.weight': [V, D],
  'output_norm.weight': [D],
  ...Object.fromEntries(
    Array.from({ length: layers }, (_, layer) =>
      Object.entries({
        'attn_norm.weight': [D],
        'attn_q.weight': [H * headDim, D],
        'attn_k.weight': [K * headDim, D],
        'attn_v.weight': [K * headDim, D],
        'attn_output.weight': [D, H * headDim],
        'ffn_norm.weight': [D],
        'ffn_gate.weight': [F, D],
        'ffn_up.weight': [F, D],
        'ffn_down.weight': [D, F],
      }).map(([name, shape]) => [`blk.${layer}.${name}`, shape]),
    ).flat(),
  ),
}

const metadata: Readonly<Record<string, unknown>> = {
  'general.architecture': 'llama',
  'llama.block_count': layers,
  'llama.embedding_length': D,
  'llama.feed_forward_length': F,
  'llama.context_length': 1000,
  'llama.attention.head_count': H,
  'llama.attention.head_count_kv': K,
  'llama.attention.layer_norm_rms_epsilon': 1e-5,
}

function tensors(changes: Readonly<Record<string, readonly number[] | undefined>> = {}): Map<string, WeightSource> {
  const random = createRandom(7)
  const entries = Object.entries({ ...shapes, ...changes }).flatMap(([name, shape]) => {
    if (shape === undefined) return []
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() * 2 - 1)
    return [[name, constantSource(name, values, shape)] as const]
  })
  return new Map(entries)
}

function open(changes: Readonly<Record<string, unknown>> = {}, sources = tensors()) {
  const entries = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined)
  return openModel({ format: 'gguf', metadata: new Map(entries), tensors: sources })
}

describe('openModel', () => {
  it.each([
    ['general.architecture', undefined, 'invalid-file'],
    ['general.architecture', 'no-such-model', 'unsupported'],
    ['general.architecture', 5, 'invalid-file'],
    ['llama.block_count', undefined, 'invalid-file'],
    ['llama.block_count', 2 ** 20, 'invalid-file'],
    ['llama.block_count', 1.5, 'invalid-file'],
    ['llama.embedding_length', -8, 'invalid-file'],
    ['llama.embedding_length', 'wide', 'invalid-file'],
    ['llama.attention.head_count', 0, 'invalid-file'],
    ['llama.attention.head_count', 3, 'invalid-file'],
    ['llama.attention.head_count_kv', [1, 2], 'invalid-file'],
    ['llama.attention.key_length', 5, 'invalid-file'],
    ['llama.attention.value_length', 2, 'invalid-file'],
    ['llama.attention.layer_norm_rms_epsilon', NaN, 'invalid-file'],
    ['llama.rope.freq_base', 0, 'invalid-file'],
    ['llama.rope.dimension_count', 6, 'invalid-file'],
    ['llama.rope.scaling.type', 'spiral', 'unsupported'],
    ['llama.expert_count', 8, 'invalid-file'],
  ])('refuses %s = %s', async (key, value, code) => {
    await expect(open({ [key]: value })).rejects.toThrow(expect.objectContaining({ name: 'OstroError', code }))
  })

  it.each([
    ['blk.1.ffn_up.weight', undefined],
    ['blk.0.attn_k.weight', [D, D]],
    ['token_embd.weight', [V * D]],
    ['output_norm.weight', [D + 1]],
    ['blk.0.attn_q.bias', [3]],
  ])('refuses a file whose %s has shape %s, by name', async (name, shape) => {
    const model = await open({}, tensors({ [name]: shape }))
    expect(() => model.graph()).toThrow(
      expect.objectContaining({ code: 'invalid-file', message: expect.stringContaining(name) }),
    )
  })

  it('reads a list of equal head counts as one, and 64-bit counts', async () => {
    const model = await open({ 'llama.attention.head_count_kv': Int32Array.of(1, 1), 'llama.block_count': 2n })
    expect(model.config).toMatchObject({ layers: 2, kvHeads: 1, headDim: 4 })
  })

  it('uses biases, an output projection and a window where the file has them', async () => {
    const plain = (await open()).graph()
    const sources = tensors({ 'blk.0.attn_q.bias': [H * headDim], 'output.weight': [V, D] })
    const graph = (await open({ 'llama.attention.sliding_window': 70 }, sources)).graph()
    expect(graph.nodes.length).toBe(plain.nodes.length + 1)
    expect(graph.tensors.some(({ name }) => name === 'output.weight')).toBe(true)
    expect(graph.caches.map(({ window }) => window)).toEqual([70, 70])
  })

  it('refuses a config.json of an unknown architecture and of an unknown activation', async () => {
    const config = {
      model_type: 'llama',
      hidden_size: D,
      num_attention_heads: H,
      num_hidden_layers: layers,
      intermediate_size: F,
      max_position_embeddings: 100,
      hidden_act: 'mish',
    }
    const tensorsOfNone = new Map<string, WeightSource>()
    const openHf = (changes: object) =>
      openModel({ format: 'safetensors', config: { ...config, ...changes }, tensors: tensorsOfNone })
    await expect(openHf({ hidden_act: 'mish' })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(openHf({ model_type: 'alpaca' })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(openHf({ hidden_act: 'silu', hidden_size: '8' })).rejects.toMatchObject({ code: 'invalid-file' })
    await expect(
      openHf({ model_type: 'x', architectures: ['LlamaForCausalLM'], hidden_act: 'silu' }),
    ).resolves.toBeDefined()
  })

  it('knows what the files of larger Gemma 3 models leave out', async () => {
    const scaling = { factor: 8, rope_type: 'linear' }
    const text = { hidden_size: 2560, intermediate_size: 10_240, num_hidden_layers: 34, sliding_window: 1024 }
    const config = { model_type: 'gemma3', text_config: { ...text, rope_scaling: scaling } }
    const opened = await openModel({ format: 'safetensors', config, tensors: new Map() })
    expect(opened.config).toMatchObject({
      heads: 8,
      kvHeads: 4,
      headDim: 256,
      rope: { base: 1e6, scaling: { kind: 'linear', factor: 8 } },
      localRope: { base: 1e4, scaling: { kind: 'none' } },
    })
  })

  it('refuses decoders that attend to later tokens', async () => {
    const config = { model_type: 'gemma3_text', use_bidirectional_attention: true }
    await expect(openModel({ format: 'safetensors', config, tensors: new Map() })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('use_bidirectional_attention'),
    })
  })

  it('outputs the states that are asked for', async () => {
    const model = await open()
    expect([...model.graph().outputs.keys()]).toEqual(['logits'])
    expect([...model.graph({ hidden: 'norm' }).outputs.keys()]).toEqual(['hidden.norm', 'logits'])
    const all = ['hidden.0', 'hidden.1', 'hidden.2', 'hidden.norm', 'logits']
    expect([...model.graph({ hidden: true }).outputs.keys()]).toEqual(all)
  })

  it('names each architecture once, or says which files mean it', () => {
    for (const name of new Set(architectures.flatMap(({ names }) => names.gguf))) {
      const sharing = architectures.filter(({ names }) => names.gguf.includes(name))
      expect(sharing.slice(0, -1).every(({ accepts }) => accepts !== undefined)).toBe(true)
    }
  })
})

describe('reference device with paged sequences', () => {
  const window = 70
  const length = 300
  const tokens = Array.from({ length }, (_, index) => (index * 7 + 3) % V)

  async function load(pages: number, sequences: number) {
    const model = await open({ 'llama.attention.sliding_window': window })
    const options = { maxTokens: length, maxRows: length, cache: { pages, sequences, type: 'f32' } } as const
    return createReferenceDevice().load(model.graph(), model.weights, options)
  }

  /** Logits of the last of tokens [start, end). */
  function run(program: Awaited<ReturnType<typeof load>>, sequence: number, start: number, end: number): number[] {
    const count = end - start
    const logits = program.run({
      tokens: Int32Array.from(tokens.slice(start, end)),
      positions: Int32Array.from({ length: count }, (_, index) => start + index),
      sequences: new Int32Array(count).fill(sequence),
      rows: Int32Array.of(count - 1),
    })
    return Array.from(logits.get('logits') ?? [])
  }

  it('gives the same logits in pieces, in reused pages, after forks and after going back', async () => {
    const whole = await load(8, 1)
    const all = createPagedSequences(whole, { sequences: 1 })
    all.reserve(all.open(), length)
    const want = run(whole, 0, 0, length)

    const program = await load(16, 3)
    const state = createPagedSequences(program, { sequences: 3, cacheBytes: program.bytes.cache })
    const sequence = state.open()
    const pieces = [1, 60, 128, 131, 200, 290, 295]
    pieces.forEach((end, index) => {
      state.reserve(sequence, end)
      run(program, sequence, pieces[index - 1] ?? 0, end)
    })
    const fork = state.fork(sequence)
    state.truncate(sequence, 280)
    for (const [own, from] of [
      [sequence, 280],
      [fork, 295],
    ]) {
      state.reserve(own, length)
      expect(run(program, own, from, length)).toEqual(want)
    }
    expect(state.bytes).toBeLessThanOrEqual(program.bytes.cache)
  })

  it('keeps sequences of one batch apart', async () => {
    const program = await load(16, 2)
    const state = createPagedSequences(program, { sequences: 2 })
    const [a, b] = [state.open(), state.open()]
    state.reserve(a, 3)
    state.reserve(b, 3)
    const alone = run(program, a, 0, 3)
    const both = program.run({
      tokens: Int32Array.of(tokens[0], 5, tokens[1], 6, tokens[2], 7),
      positions: Int32Array.of(0, 0, 1, 1, 2, 2),
      sequences: Int32Array.of(a, b, a, b, a, b),
      rows: Int32Array.of(4),
    })
    expect(Array.from(both.get('logits') ?? [])).toEqual(alone)
  })

  it('refuses batches and pages that do not fit', async () => {
    const program = await load(16, 1)
    expect(() => run(program, 0, 0, 1)).toThrow(/expected a cache page for position 0/)
    expect(() => program.caches.setPage(0, 1, 0, 0)).toThrow(/sequence from 0 to 0/)
    expect(() => program.caches.setPage(0, 0, 0, 10 ** 6)).toThrow(/page from 0/)
    const one = Int32Array.of(0)
    const wrong = { tokens: one, positions: new Int32Array(2), sequences: one, rows: one }
    expect(() => program.run(wrong)).toThrow(/as many positions/)
    program.caches.setPage(0, 0, 0, 0)
    expect(() => program.run({ ...wrong, positions: one, tokens: Int32Array.of(V) })).toThrow(/token ids from 0 to 10/)
    expect(program.caches.groups[0].pages * pageTokens).toBeGreaterThanOrEqual(window)
  })
})
