/** DBRX: fused and clipped queries, keys and values, LayerNorms without bias, and a mixture of many experts. */
import { add, clamp, layerNorm, slice } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Graph, Tensor } from '../tensor/graph.ts'
import { OstroError } from '../util/error.ts'
import { reshapedSource, transposedSource } from '../tensor/weight-source.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { attend } from './blocks/attention.ts'
import type { AttentionSettings } from './blocks/attention.ts'
import { activationFromHf, architectureFields, checkDecoder, decoderFromGguf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import type { Norm } from './blocks/decoder.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { checkMixture, mixture, mixtureFromGguf, readMixture } from './blocks/mixture.ts'
import type { MixtureConfig } from './blocks/mixture.ts'
import { optionalNumber, optionalObject, readCount, readPositive, refuseField } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Weights } from './weights.ts'

export interface DbrxConfig extends DecoderConfig {
  readonly mixture: MixtureConfig
  readonly activation: GluKind
  /** Bound of the values of queries, keys and values. */
  readonly clip: number | undefined
}

export const dbrx: Architecture<DbrxConfig> = {
  names: { gguf: ['dbrx'], hf: ['dbrx'], hfClasses: ['DbrxForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    return {
      ...decoderFromGguf(fields, 'neox'),
      mixture: mixtureFromGguf(fields, true),
      activation: 'silu',
      clip: clipOf(fields, 'attention.clamp_kqv'),
    }
  },
  configFromHf(config) {
    const attention = optionalObject(config, 'attn_config') ?? missing(config, 'attn_config')
    const ffn = optionalObject(config, 'ffn_config') ?? missing(config, 'ffn_config')
    const width = readCount(config, 'd_model')
    const heads = readCount(config, 'n_heads')
    const headDim =
      width % heads === 0 ? width / heads : refuseField(config, 'd_model', `a multiple of ${heads}`, width)
    const expertWidth = readCount(ffn, 'ffn_hidden_size')
    const decoder = checkDecoder(attention, 'kv_n_heads', {
      layers: readCount(config, 'n_layers'),
      width,
      heads,
      kvHeads: readCount(attention, 'kv_n_heads', 1),
      headDim,
      feedForward: expertWidth,
      contextLength: readCount(config, 'max_seq_len'),
      normEpsilon: 1e-5,
      rope: {
        style: 'neox',
        dims: headDim,
        base: readPositive(attention, 'rope_theta', 10_000),
        scaling: { kind: 'none' },
      },
    })
    const experts = {
      experts: readCount(ffn, 'moe_num_experts'),
      expertsPerToken: readCount(ffn, 'moe_top_k'),
      expertWidth,
      renormalise: isRenormalised(ffn),
      expertScale: 1,
    }
    const activation = optionalObject(ffn, 'ffn_act_fn')
    return {
      ...decoder,
      mixture: checkMixture(ffn, 'moe_top_k', experts),
      activation: activation === undefined ? 'silu' : activationFromHf(activation, 'name', 'silu'),
      clip: clipOf(attention, 'clip_qkv'),
    }
  },
  hfTensors: [
    ['transformer.wte', 'token_embd'],
    ['transformer.norm_f', 'output_norm'],
    ['lm_head', 'output'],
    ['transformer.blocks.#.norm_attn_norm.norm_1', 'blk.#.attn_norm'],
    ['transformer.blocks.#.norm_attn_norm.attn.Wqkv', 'blk.#.attn_qkv'],
    ['transformer.blocks.#.norm_attn_norm.attn.out_proj', 'blk.#.attn_output'],
    ['transformer.blocks.#.norm_attn_norm.norm_2', 'blk.#.attn_output_norm'],
    ['transformer.blocks.#.ffn.router.layer', 'blk.#.ffn_gate_inp'],
    ['transformer.blocks.#.ffn.experts.mlp.w1', 'blk.#.ffn_gate_exps.weight'],
    ['transformer.blocks.#.ffn.experts.mlp.v1', 'blk.#.ffn_up_exps.weight'],
    ['transformer.blocks.#.ffn.experts.mlp.w2', 'blk.#.ffn_down_exps.weight'],
  ],
  adaptWeights(weights, { width, mixture: { experts, expertWidth } }, format) {
    const adapted = new Map(weights)
    if (format === 'gguf') return adapted
    // [E * F, D] all three, the last one to be multiplied from the left.
    for (const [name, source] of weights) {
      if (!name.endsWith('_exps.weight')) continue
      const stacked = reshapedSource(source, [experts, expertWidth, width])
      adapted.set(name, name.endsWith('ffn_down_exps.weight') ? transposedSource(stacked) : stacked)
    }
    return adapted
  },
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, activation: kind } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const attnNorm = norm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
      const attnOut = clippedAttention(g, attnNorm, w, config, { rope, inverseFrequencies })
      const attended = add(g, x, attnOut, 'attn_residual') // [T, D]
      // What its name says is the norm of attention's output is the one before the experts.
      const ffnNorm = norm(g, attended, w.tensor('attn_output_norm.weight', [width]), normEpsilon, 'ffn_norm')
      const experts = readMixture(w, width, config.mixture)
      const ffnOut = mixture(g, ffnNorm, experts, config.mixture, { kind, layer, options }) // [T, D]
      return add(g, attended, ffnOut, 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options, norm)) // [R, V]
  },
}

const norm: Norm = (g, x, weight, epsilon, label) => layerNorm(g, x, weight, undefined, epsilon, label)

function clippedAttention(g: Graph, x: Tensor, w: Weights, config: DbrxConfig, settings: AttentionSettings): Tensor {
  const { width, heads, kvHeads, headDim, clip } = config
  const qSize = heads * headDim
  const kvSize = kvHeads * headDim
  const fused = linear(g, x, readLinear(w, 'attn_qkv', qSize + 2 * kvSize, width), 'attn_qkv') // [T, (H + 2 K) * headDim]
  const qkv = clip === undefined ? fused : clamp(g, fused, clip, 'attn_qkv_clipped')
  const q = slice(g, qkv, { start: 0, size: qSize }, 'attn_q')
  const k = slice(g, qkv, { start: qSize, size: kvSize }, 'attn_k')
  const v = slice(g, qkv, { start: qSize + kvSize, size: kvSize }, 'attn_v')
  const mixed = attend(g, q, k, v, config, settings) // [T, H * headDim]
  return linear(g, mixed, readLinear(w, 'attn_output', width, qSize), 'attn_output')
}

/** The weights are divided by their p-norm; p = 1 is their sum, and no published model has another. */
function isRenormalised(ffn: ConfigFields): boolean {
  const key = 'moe_normalize_expert_weights'
  const p = optionalNumber(ffn, key)
  if (p === undefined || p === 1) return p === 1
  const message = `${ffn.source}: weights divided by their ${p}-norm (${key}) are not known here, only by their sum.`
  throw new OstroError('unsupported', message, { key })
}

function clipOf(fields: ConfigFields, key: string): number | undefined {
  return optionalNumber(fields, key) === undefined ? undefined : readPositive(fields, key)
}

const missing = (config: ConfigFields, key: string): never => refuseField(config, key, 'an object', undefined)
