/** Griffin, released as RecurrentGemma: two recurrent layers, then one of local attention, and so on (De et al. 2024; Botev et al. 2024). */
import { OstroError } from '../util/error.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { decoderFromHf } from './blocks/decoder-config.ts'
import { flattenConvolutions, griffinFromHf, griffinTensors, recurrentBlock, writeGriffin } from './blocks/griffin.ts'
import type { GriffinConfig } from './blocks/griffin.ts'
import { optionalCount, readCount, refuseField, withDefaults } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'

export type GriffinBlock = 'recurrent' | 'attention'

export interface RecurrentGemmaConfig extends DecoderConfig, GriffinConfig {
  /** By layer. */
  readonly blocks: readonly GriffinBlock[]
  /**
   * Keys visible to a query, itself included. The authors' code shows one more than `attention_window_size` says; transformers 5 shows
   * just as many. We follow the authors unless config.json has a field `keys_visible`.
   */
  readonly keysVisible: number
}

export const recurrentGemma: Architecture<RecurrentGemmaConfig> = {
  names: { gguf: [], hf: ['recurrent_gemma'], hfClasses: ['RecurrentGemmaForCausalLM'] },
  configFromGguf({ source }) {
    throw new OstroError('unsupported', `${source}: RecurrentGemma has no GGUF form. Use its safetensors.`)
  },
  configFromHf(config) {
    const griffin = griffinFromHf(config)
    return {
      ...decoderFromHf(
        withDefaults(config, {
          intermediate_size: griffin.feedForward,
          max_position_embeddings: griffin.contextLength,
          partial_rotary_factor: 0.5,
        }),
      ),
      ...griffin,
      blocks: blocksFromHf(config, griffin.layers),
      keysVisible: optionalCount(config, 'keys_visible') ?? readCount(config, 'attention_window_size', 2048) + 1,
    }
  },
  hfTensors: [
    ...griffinTensors,
    ['model.layers.#.temporal_block.q_proj', 'blk.#.attn_q'],
    ['model.layers.#.temporal_block.k_proj', 'blk.#.attn_k'],
    ['model.layers.#.temporal_block.v_proj', 'blk.#.attn_v'],
    ['model.layers.#.temporal_block.o_proj', 'blk.#.attn_output'],
  ],
  hfNormsMinusOne: true,
  adaptWeights: flattenConvolutions,
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { rope, keysVisible, blocks } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    writeGriffin(g, weights, config, options, (x, w, layer) =>
      blocks[layer] === 'recurrent'
        ? recurrentBlock(g, x, w, config)
        : selfAttention(g, x, readAttention(w, config), config, { rope, inverseFrequencies, window: keysVisible }),
    )
  },
}

/** `block_types` is one period of the pattern. */
function blocksFromHf(config: ConfigFields, layers: number): readonly GriffinBlock[] {
  const period = config.get('block_types') ?? ['recurrent', 'recurrent', 'attention']
  const isBlock = (name: unknown): name is GriffinBlock => name === 'recurrent' || name === 'attention'
  if (!Array.isArray(period) || period.length === 0 || !period.every(isBlock)) {
    return refuseField(config, 'block_types', `a list of 'recurrent' and 'attention'`, period)
  }
  return Array.from({ length: layers }, (_, layer) => period[layer % period.length])
}
