/** Gemma 3 (text): Gemma 2 without a soft cap of scores, with norms on each head, and five windowed layers for each that sees all. */
import { add, rmsNorm, scale, softcap } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, readHeadNorms, selfAttention } from './blocks/attention.ts'
import {
  activationFromHf,
  architectureFields,
  decoderFromGguf,
  decoderFromHf,
  expectCausal,
} from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { gatedFeedForward, readFeedForward } from './blocks/feed-forward.ts'
import { hfDecoderTensors, hfSandwichNorms } from './blocks/hf-tensors.ts'
import { periodicWindows, windowsFromLayerTypes } from './blocks/layer-windows.ts'
import type { LayerWindows } from './blocks/layer-windows.ts'
import type { RopeConfig } from './blocks/rope.ts'
import { ropeOfLayerType } from './blocks/rope-config.ts'
import { optionalNumber, optionalObject, readCount, readPositive, withDefaults } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'

export interface Gemma3Config extends DecoderConfig {
  readonly activation: GluKind
  readonly windows: LayerWindows
  /** Rotation of the layers with a window; `rope` is that of the others. */
  readonly localRope: RopeConfig
  /** Scores are divided by its square root. */
  readonly queryScalar: number
  readonly finalSoftcap: number | undefined
}

export const gemma3: Architecture<Gemma3Config> = {
  names: { gguf: ['gemma3'], hf: ['gemma3_text', 'gemma3'], hfClasses: ['Gemma3ForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const decoder = decoderFromGguf(fields, 'neox')
    const { layers, width, heads, headDim } = decoder
    const rope = { ...decoder.rope, base: readPositive(fields, 'rope.freq_base', 1_000_000) }
    const localBase = readPositive(fields, 'rope.freq_base_swa', 10_000)
    return {
      ...decoder,
      activation: 'gelu-tanh',
      rope,
      localRope: { ...rope, base: localBase, scaling: { kind: 'none' } },
      windows: periodicWindows(layers, readCount(fields, 'attention.sliding_window'), windowPeriod(fields)),
      // GGUF does not carry the scalar; only the 27B model (62 layers) has another one than the size of a head.
      queryScalar: layers === 62 ? width / heads : headDim,
      finalSoftcap: optionalNumber(fields, 'final_logit_softcapping'),
    }
  },
  configFromHf(file) {
    const config = withDefaults(optionalObject(file, 'text_config') ?? file, leftOut)
    expectCausal(config)
    const decoder = decoderFromHf(config)
    const period = readCount(config, 'sliding_window_pattern', readCount(config, '_sliding_window_pattern', 6))
    const window = readCount(config, 'sliding_window', 4096)
    return {
      ...decoder,
      activation: activationFromHf(config, 'hidden_activation', 'gelu-tanh'),
      ...ropesFromHf(config, decoder.rope),
      windows: windowsFromLayerTypes(config, decoder.layers) ?? periodicWindows(decoder.layers, window, period),
      queryScalar: readPositive(config, 'query_pre_attn_scalar', 256),
      finalSoftcap: optionalNumber(config, 'final_logit_softcapping'),
    }
  },
  hfTensors: [...hfDecoderTensors, ...hfSandwichNorms],
  hfNormsMinusOne: true,
  ropes: (config) => ({
    'rope.inverse_frequencies': config.rope,
    'rope.inverse_frequencies_local': config.localRope,
  }),

  forward(g, weights, config, options) {
    const { width, headDim, normEpsilon, rope, localRope, windows, queryScalar, finalSoftcap, activation } = config
    const everywhere = { rope, inverseFrequencies: weights.tensor('rope.inverse_frequencies', [rope.dims / 2]) }
    const local = {
      rope: localRope,
      inverseFrequencies: weights.tensor('rope.inverse_frequencies_local', [localRope.dims / 2]),
    }
    const embedded = scale(g, embedTokens(g, weights, config), Math.sqrt(width), 'token_embd_scaled') // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const norm = (input: typeof x, name: string) =>
        rmsNorm(g, input, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
      const settings = {
        ...(windows[layer] === undefined ? everywhere : local),
        scale: queryScalar ** -0.5,
        window: windows[layer],
        norms: readHeadNorms(w, headDim, headDim),
      }
      const attnOut = selfAttention(g, norm(x, 'attn_norm'), readAttention(w, config), config, settings)
      const attended = add(g, x, norm(attnOut, 'post_attention_norm'), 'attn_residual') // [T, D]
      const ffnOut = gatedFeedForward(g, norm(attended, 'ffn_norm'), readFeedForward(w, config), activation)
      return add(g, attended, norm(ffnOut, 'post_ffw_norm'), 'ffn_residual') // [T, D]
    })
    const logits = projectLogits(g, stream, weights, config, options) // [R, V]
    g.output('logits', finalSoftcap === undefined ? logits : softcap(g, logits, finalSoftcap, 'logits_capped'))
  },
}

/** The files of the larger models state only what differs from these. */
const leftOut = { num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, max_position_embeddings: 131_072 }

/** The key may also be a list of flags; then the pattern is the one that all Gemma 3 models have. */
function windowPeriod(fields: ConfigFields): number {
  const period = fields.get('attention.sliding_window_pattern')
  return typeof period === 'number' ? readCount(fields, 'attention.sliding_window_pattern') : 6
}

/** transformers 5 keeps one set of parameters by kind of layer; before, `rope_theta` and `rope_scaling` were the global ones. */
function ropesFromHf(config: ConfigFields, plain: RopeConfig): Pick<Gemma3Config, 'rope' | 'localRope'> {
  const localBase = readPositive(config, 'rope_local_base_freq', 10_000)
  return {
    rope: ropeOfLayerType(config, 'full_attention', { ...plain, base: 1_000_000 }) ?? {
      ...plain,
      base: readPositive(config, 'rope_theta', 1_000_000),
    },
    localRope: ropeOfLayerType(config, 'sliding_attention', { ...plain, base: 10_000 }) ?? {
      ...plain,
      base: localBase,
      scaling: { kind: 'none' },
    },
  }
}
