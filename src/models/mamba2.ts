/** Mamba-2 (Dao and Gu 2024): each block is one state-space layer with scalar decays per head; no attention, no feed-forward part. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import type { Architecture, ModelConfig } from './architecture.ts'
import { architectureFields } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { mamba2Mixer, readOnes } from './blocks/mamba2-mixer.ts'
import type { Mamba2Sizes } from './blocks/mamba2-mixer.ts'
import {
  checkGroups,
  expectSilu,
  layersFromGguf,
  layersFromHf,
  mamba2FromGguf,
  stepBoundsFromHf,
  unboundedContext,
} from './blocks/state-space-config.ts'
import { adaptMamba2 } from './blocks/state-space-weights.ts'
import { readCount, readNumber, refuseField } from './config-fields.ts'

export type Mamba2Config = ModelConfig & Mamba2Sizes

export const mamba2: Architecture<Mamba2Config> = {
  names: { gguf: ['mamba2'], hf: ['mamba2'], hfClasses: ['Mamba2ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    return {
      layers: layersFromGguf(fields),
      contextLength: readCount(fields, 'context_length', unboundedContext),
      normEpsilon: readNumber(fields, 'attention.layer_norm_rms_epsilon'),
      ...mamba2FromGguf(fields),
    }
  },
  configFromHf(config) {
    expectSilu(config)
    const width = readCount(config, 'hidden_size')
    const inner = readCount(config, 'expand', 2) * width
    const stateHeads = readCount(config, 'num_heads', 128)
    const headDim = readCount(config, 'head_dim', 64)
    if (stateHeads * headDim !== inner) refuseField(config, 'head_dim', `${inner} / ${stateHeads} heads`, headDim)
    return {
      layers: layersFromHf(config),
      contextLength: unboundedContext,
      normEpsilon: readNumber(config, 'layer_norm_epsilon', 1e-5),
      ...checkGroups(config, {
        width,
        inner,
        stateHeads,
        groups: readCount(config, 'n_groups', 8),
        stateSize: readCount(config, 'state_size', 128),
        convKernel: readCount(config, 'conv_kernel', 4),
        stepBounds: stepBoundsFromHf(config),
        normFirst: false,
      }),
    }
  },
  hfTensors: [
    ['backbone.embeddings', 'token_embd'],
    ['backbone.embedding', 'token_embd'],
    ['backbone.norm_f', 'output_norm'],
    ['lm_head', 'output'],
    ['backbone.layers.#.norm', 'blk.#.attn_norm'],
    ['backbone.layers.#.mixer.in_proj', 'blk.#.ssm_in'],
    ['backbone.layers.#.mixer.conv1d', 'blk.#.ssm_conv1d'],
    ['backbone.layers.#.mixer.dt_bias', 'blk.#.ssm_dt.bias'],
    ['backbone.layers.#.mixer.A_log', 'blk.#.ssm_a'],
    ['backbone.layers.#.mixer.D', 'blk.#.ssm_d'],
    ['backbone.layers.#.mixer.norm', 'blk.#.ssm_norm'],
    ['backbone.layers.#.mixer.out_proj', 'blk.#.ssm_out'],
  ],
  adaptWeights: (weights, config, format) => adaptMamba2(weights, format, config),
  ropes: () => ({}),

  forward(g, weights, config, options) {
    const { width, normEpsilon } = config
    const extras = { normEpsilon, multipliers: undefined, ones: readOnes(weights, config) }
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const normed = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm') // [T, D]
      return add(g, x, mamba2Mixer(g, normed, w, config, extras), 'residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}
