/**
 * Jamba (Lieber et al. 2024): blocks of Mamba or of attention without positions, each followed by a dense or a sparse feed-forward part.
 * Which block has what, its tensors say.
 */
import type { Graph, Tensor } from '../tensor/graph.ts'
import { add, attention, rmsNorm } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention } from './blocks/attention.ts'
import { architectureFields, attendingHeads, decoderFromGguf, decoderFromHf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'
import { linear } from './blocks/linear.ts'
import { mambaMixer } from './blocks/mamba-mixer.ts'
import type { MambaSizes } from './blocks/mamba-mixer.ts'
import { mixture, mixtureFromGguf, mixtureFromHf, readMixture, stackExperts } from './blocks/mixture.ts'
import type { MixtureConfig } from './blocks/mixture.ts'
import { expectSilu, mambaFromGguf, timeStepRankFromHf } from './blocks/state-space-config.ts'
import { adaptStateSpace } from './blocks/state-space-weights.ts'
import { optionalCount, readCount } from './config-fields.ts'
import type { Weights } from './weights.ts'

export interface JambaConfig extends DecoderConfig {
  readonly mixer: MambaSizes
  /** Undefined where all blocks are dense. */
  readonly mixture: MixtureConfig | undefined
}

export const jamba: Architecture<JambaConfig> = {
  names: { gguf: ['jamba'], hf: ['jamba'], hfClasses: ['JambaForCausalLM'] },
  configFromGguf(metadata) {
    const fields = attendingHeads(architectureFields(metadata))
    const isSparse = (optionalCount(fields, 'expert_count') ?? 1) > 1
    return {
      ...decoderFromGguf(fields, 'neox'),
      mixer: mambaFromGguf(fields),
      mixture: isSparse ? mixtureFromGguf(fields, false) : undefined,
    }
  },
  configFromHf(config) {
    expectSilu(config)
    const width = readCount(config, 'hidden_size')
    return {
      ...decoderFromHf(config),
      mixer: {
        width,
        inner: readCount(config, 'mamba_expand', 2) * width,
        stateSize: readCount(config, 'mamba_d_state', 16),
        convKernel: readCount(config, 'mamba_d_conv', 4),
        timeStepRank: timeStepRankFromHf(config, 'mamba_dt_rank', width),
      },
      mixture: readCount(config, 'num_experts', 16) > 1 ? mixtureFromHf(config, 'intermediate_size', false) : undefined,
    }
  },
  hfTensors: [
    ...hfDecoderTensors,
    ['model.final_layernorm', 'output_norm'],
    ['model.layers.#.input_layernorm', 'blk.#.attn_norm'],
    ['model.layers.#.pre_ff_layernorm', 'blk.#.ffn_norm'],
    ['model.layers.#.feed_forward.gate_proj', 'blk.#.ffn_gate'],
    ['model.layers.#.feed_forward.up_proj', 'blk.#.ffn_up'],
    ['model.layers.#.feed_forward.down_proj', 'blk.#.ffn_down'],
    ['model.layers.#.feed_forward.router', 'blk.#.ffn_gate_inp'],
    ['model.layers.#.feed_forward.experts.*.gate_proj', 'blk.#.ffn_gate_exps.*'],
    ['model.layers.#.feed_forward.experts.*.up_proj', 'blk.#.ffn_up_exps.*'],
    ['model.layers.#.feed_forward.experts.*.down_proj', 'blk.#.ffn_down_exps.*'],
    ['model.layers.#.mamba.in_proj', 'blk.#.ssm_in'],
    ['model.layers.#.mamba.conv1d', 'blk.#.ssm_conv1d'],
    ['model.layers.#.mamba.x_proj', 'blk.#.ssm_x'],
    ['model.layers.#.mamba.dt_proj', 'blk.#.ssm_dt'],
    ['model.layers.#.mamba.dt_layernorm', 'blk.#.ssm_dt_norm'],
    ['model.layers.#.mamba.b_layernorm', 'blk.#.ssm_b_norm'],
    ['model.layers.#.mamba.c_layernorm', 'blk.#.ssm_c_norm'],
    ['model.layers.#.mamba.A_log', 'blk.#.ssm_a'],
    ['model.layers.#.mamba.D', 'blk.#.ssm_d'],
    ['model.layers.#.mamba.out_proj', 'blk.#.ssm_out'],
  ],
  adaptWeights: (weights, _config, format) => adaptStateSpace(stackExperts(weights), format, { perHead: false }),
  ropes: () => ({}),

  forward(g, weights, config, options) {
    const { width, normEpsilon, mixer } = config
    const norm = (x: Tensor, w: Weights, name: string): Tensor =>
      rmsNorm(g, x, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const normed = norm(x, w, 'attn_norm') // [T, D]
      const attends = w.has('attn_q.weight')
      const mixed = attends ? attend(g, normed, w, config) : mambaMixer(g, normed, w, mixer, normEpsilon) // [T, D]
      const middle = add(g, x, mixed, 'mixer_residual') // [T, D]
      const ffnNorm = norm(middle, w, 'ffn_norm')
      const ffnOut =
        config.mixture !== undefined && w.has('ffn_gate_inp.weight')
          ? mixture(g, ffnNorm, readMixture(w, width, config.mixture), config.mixture, { kind: 'silu', layer, options })
          : gatedFeedForward(g, ffnNorm, readFeedForward(w, config), 'silu') // [T, D]
      return add(g, middle, ffnOut, 'ffn_residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}

/** x [T, D] -> [T, D]; the recurrent blocks know the order of the tokens, so nothing is rotated. */
function attend(g: Graph, x: Tensor, w: Weights, config: JambaConfig): Tensor {
  const { heads, kvHeads, headDim } = config
  const { attnQ, attnK, attnV, attnOutput } = readAttention(w, config)
  const q = linear(g, x, attnQ, 'attn_q') // [T, H * headDim]
  const k = linear(g, x, attnK, 'attn_k') // [T, K * headDim]
  const v = linear(g, x, attnV, 'attn_v') // [T, K * headDim]
  const settings = { heads, kvHeads, headDim, scale: headDim ** -0.5, window: undefined, softcap: undefined }
  return linear(g, attention(g, q, k, v, settings, 'attn'), attnOutput, 'attn_output')
}
