/** What files of mixtures may get wrong, and the switches that no golden case turns. */
import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../devices/reference/index.ts'
import { constantSource, readValues } from '../tensor/index.ts'
import type { WeightSource } from '../tensor/index.ts'
import { createRandom } from '../util/random.ts'
import { stackExperts } from './blocks/mixture.ts'
import { openModel } from './index.ts'

const [D, F, E, V, layers] = [8, 4, 3, 11, 4]

const config = {
  model_type: 'qwen3_moe', hidden_size: D, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 4,
  num_hidden_layers: layers, intermediate_size: 12, max_position_embeddings: 64, moe_intermediate_size: F,
  num_experts: E, num_experts_per_tok: 2, norm_topk_prob: true, decoder_sparse_step: 2, mlp_only_layers: [3],
} // prettier-ignore

/** Layers 1 and 3 are even-numbered ones of step 2; the list takes 3 out again. */
const sparseLayers = [1]

function shapes(): Map<string, readonly number[]> {
  const all = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [V, D]],
    ['model.norm.weight', [D]],
  ])
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, ...shape: number[]) => all.set(`model.layers.${layer}.${name}.weight`, shape)
    add('input_layernorm', D)
    add('post_attention_layernorm', D)
    add('self_attn.q_proj', 8, D)
    add('self_attn.k_proj', 4, D)
    add('self_attn.v_proj', 4, D)
    add('self_attn.o_proj', D, 8)
    add('self_attn.q_norm', 4)
    add('self_attn.k_norm', 4)
    const experts = sparseLayers.includes(layer) ? Array.from({ length: E }, (_, expert) => `experts.${expert}.`) : ['']
    for (const expert of experts) {
      const width = expert === '' ? 12 : F
      add(`mlp.${expert}gate_proj`, width, D)
      add(`mlp.${expert}up_proj`, width, D)
      add(`mlp.${expert}down_proj`, D, width)
    }
    if (experts.length > 1) add('mlp.gate', E, D)
  }
  return all
}

function tensorsOf(all: ReadonlyMap<string, readonly number[]>): Map<string, WeightSource> {
  const random = createRandom(3)
  const source = (name: string, shape: readonly number[]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5)
    return constantSource(name, values, shape)
  }
  return new Map([...all].map(([name, shape]) => [name, source(name, shape)]))
}

const open = (changes: object = {}, all = shapes()) =>
  openModel({ format: 'safetensors', config: { ...config, ...changes }, tensors: tensorsOf(all) })

describe('models with experts', () => {
  it('have dense blocks where the configuration says so', async () => {
    const model = await open()
    const g = model.graph({ hidden: true })
    const routers = [...g.outputs.keys()].filter((name) => name.startsWith('router.'))
    expect(routers).toEqual(['router.1.logits', 'router.1.experts', 'router.1.weights'])
    await using device = createReferenceDevice()
    const program = await device.load(g, model.weights, {
      maxTokens: 2,
      maxRows: 1,
      cache: { pages: 1, sequences: 1, type: 'f32' },
    })
    program.caches.setPage(0, 0, 0, 0)
    const ids = Int32Array.of(1, 2)
    const batch = { tokens: ids, positions: Int32Array.of(0, 1), sequences: new Int32Array(2), rows: Int32Array.of(1) }
    const outputs = program.run(batch)
    expect(outputs.get('logits')).toHaveLength(V)
    const weights = outputs.get('router.1.weights') ?? new Float32Array(0)
    expect(weights[0] + weights[1]).toBeCloseTo(1)
  })

  it.each([
    ['more experts a token than there are', { num_experts_per_tok: 4 }, 'invalid-file', /at most 3 experts/],
    ['no experts', { num_experts: 0 }, 'invalid-file', /num_experts/],
    ['a number of experts out of reason', { num_experts: 100_000 }, 'invalid-file', /at most 4096/],
    ['a list of layers that is none', { mlp_only_layers: 'all' }, 'invalid-file', /mlp_only_layers/],
  ])('refuse %s', async (_, changes, code, message) => {
    await expect(open(changes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('refuse a file that lacks an expert', async () => {
    const all = shapes()
    all.delete('model.layers.1.mlp.experts.1.up_proj.weight')
    await expect(open({}, all)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining("'blk.1.ffn_up_exps.weight': expected experts 0 to 1, but 1 is missing"),
    })
  })

  it('join the experts of early GGUF files too', () => {
    const names = [2, 0, 1].map((expert) => `blk.7.ffn_down.${expert}.weight`)
    const joined = stackExperts(tensorsOf(new Map(names.map((name) => [name, [D, F]]))))
    expect([...joined].map(([name, { shape }]) => [name, shape])).toEqual([['blk.7.ffn_down_exps.weight', [E, D, F]]])
  })

  it('part the gates and ups of files that hold them in one tensor', async () => {
    const values = Float32Array.from({ length: E * 2 * F * D }, (_, index) => index)
    const name = 'blk.7.ffn_gate_up_exps.weight'
    const parted = stackExperts(new Map([[name, constantSource(name, values, [E, 2 * F, D])]]))
    const gate = parted.get('blk.7.ffn_gate_exps.weight')
    const up = parted.get('blk.7.ffn_up_exps.weight')
    if (gate === undefined || up === undefined) throw new Error('not parted')
    expect([gate.shape, up.shape]).toEqual([
      [E, F, D],
      [E, F, D],
    ])
    const half = F * D
    const halves = (first: number) =>
      Array.from({ length: E }, (_, expert) => [...values.subarray((2 * expert + first) * half).subarray(0, half)])
    expect([...(await readValues(gate))]).toEqual(halves(0).flat())
    expect([...(await readValues(up))]).toEqual(halves(1).flat())
  })

  it('refuse gates and ups that do not part', () => {
    const name = 'blk.7.ffn_gate_up_exps.weight'
    const odd = constantSource(name, new Float32Array(E * 5 * D), [E, 5, D])
    expect(() => stackExperts(new Map([[name, odd]]))).toThrow(/expected shape \[E, 2 F, D\]/)
  })

  it('refuse experts of two shapes', async () => {
    const all = shapes()
    all.set('model.layers.1.mlp.experts.2.up_proj.weight', [F + 1, D])
    await expect(open({}, all)).rejects.toMatchObject({ code: 'invalid-file' })
  })
})

describe('DBRX', () => {
  const attention = { kv_n_heads: 1, clip_qkv: 8, rope_theta: 1e4 }
  const ffn = { ffn_hidden_size: F, moe_num_experts: E, moe_top_k: 2, moe_normalize_expert_weights: 1 }
  const base = { model_type: 'dbrx', d_model: D, n_heads: 2, n_layers: 1, max_seq_len: 64 }
  const configure = async (changes: object) => {
    const tensors = new Map<string, WeightSource>()
    return openModel({
      format: 'safetensors',
      config: { ...base, attn_config: attention, ffn_config: ffn, ...changes },
      tensors,
    })
  }

  it('reads the nested configuration', async () => {
    const { config: read } = await configure({})
    expect(read).toMatchObject({ width: D, kvHeads: 1, clip: 8, mixture: { experts: E, renormalise: true } })
    const raw = await configure({ ffn_config: { ...ffn, moe_normalize_expert_weights: null } })
    expect(raw.config).toMatchObject({ mixture: { renormalise: false } })
  })

  it.each([
    ['no attention', { attn_config: undefined }, /attn_config/],
    ['heads that do not divide', { n_heads: 3 }, /d_model/],
    ['a clip of 0', { attn_config: { ...attention, clip_qkv: 0 } }, /clip_qkv/],
  ])('refuses %s', async (_, changes, message) => {
    await expect(configure(changes)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(message),
    })
  })

  it('says which norm of the weights it does not know', async () => {
    await expect(configure({ ffn_config: { ...ffn, moe_normalize_expert_weights: 2 } })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('moe_normalize_expert_weights'),
    })
  })
})

it('Grok 2, which has a dense block beside the experts, is refused by name', async () => {
  const metadata = new Map<string, unknown>(
    Object.entries({
      'general.architecture': 'grok',
      'grok.block_count': 1,
      'grok.embedding_length': D,
      'grok.feed_forward_length': F,
      'grok.context_length': 64,
      'grok.attention.head_count': 2,
      'grok.attention.layer_norm_rms_epsilon': 1e-5,
      'grok.expert_count': E,
      'grok.expert_used_count': 2,
    }),
  )
  const tensors = tensorsOf(new Map([['blk.0.ffn_up.weight', [F, D]]]))
  await expect(openModel({ format: 'gguf', metadata, tensors })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('Grok 2'),
  })
})
