/** Mamba (Gu and Dao 2023): each block is one selective state space; no attention, no feed-forward part. */
import { add, rmsNorm } from '../tensor/ops/index.ts'
import { OstroError } from '../util/error.ts'
import type { Architecture, ModelConfig } from './architecture.ts'
import { architectureFields } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { mambaMixer } from './blocks/mamba-mixer.ts'
import type { MambaSizes } from './blocks/mamba-mixer.ts'
import {
  expectSilu,
  layersFromGguf,
  layersFromHf,
  mambaFromGguf,
  timeStepRankFromHf,
  unboundedContext,
} from './blocks/state-space-config.ts'
import { adaptStateSpace } from './blocks/state-space-weights.ts'
import { readCount, readNumber } from './config-fields.ts'

export type MambaConfig = ModelConfig & MambaSizes

export const mamba: Architecture<MambaConfig> = {
  names: { gguf: ['mamba'], hf: ['mamba'], hfClasses: ['MambaForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    if (fields.get('ssm.dt_b_c_rms')) {
      const message = `${metadata.source}: norms inside of the mixer (ssm.dt_b_c_rms, Falcon Mamba) are not known here.`
      throw new OstroError('unsupported', message, { key: 'ssm.dt_b_c_rms' })
    }
    return {
      layers: layersFromGguf(fields),
      contextLength: readCount(fields, 'context_length', unboundedContext),
      normEpsilon: readNumber(fields, 'attention.layer_norm_rms_epsilon'),
      ...mambaFromGguf(fields),
    }
  },
  configFromHf(config) {
    expectSilu(config)
    const width = readCount(config, 'hidden_size')
    return {
      layers: layersFromHf(config),
      width,
      contextLength: unboundedContext,
      normEpsilon: readNumber(config, 'layer_norm_epsilon', 1e-5),
      inner: readCount(config, 'intermediate_size', readCount(config, 'expand', 2) * width),
      stateSize: readCount(config, 'state_size', 16),
      convKernel: readCount(config, 'conv_kernel', 4),
      timeStepRank: timeStepRankFromHf(config, 'time_step_rank', width),
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
    ['backbone.layers.#.mixer.x_proj', 'blk.#.ssm_x'],
    ['backbone.layers.#.mixer.dt_proj', 'blk.#.ssm_dt'],
    ['backbone.layers.#.mixer.A_log', 'blk.#.ssm_a'],
    ['backbone.layers.#.mixer.D', 'blk.#.ssm_d'],
    ['backbone.layers.#.mixer.out_proj', 'blk.#.ssm_out'],
  ],
  adaptWeights: (weights, _config, format) => adaptStateSpace(weights, format, { perHead: false }),
  ropes: () => ({}),

  forward(g, weights, config, options) {
    const { width, normEpsilon } = config
    const embedded = embedTokens(g, weights, config) // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w) => {
      const normed = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm') // [T, D]
      return add(g, x, mambaMixer(g, normed, w, config, normEpsilon), 'residual')
    })
    g.output('logits', projectLogits(g, stream, weights, config, options)) // [R, V]
  },
}
