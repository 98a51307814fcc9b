/** Qwen 3.5 (text): Qwen3-Next with dense feed-forward blocks, and projections of the gated delta nets that lie apart. */
import type { Architecture } from './architecture.ts'
import { hfDecoderTensors, hfDeltaNorms } from './blocks/hf-tensors.ts'
import { optionalObject } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import { adaptDeltaDecoder, deltaDecoderFromGguf, deltaDecoderFromHf, qwen3Next } from './qwen3-next.ts'
import type { Qwen3NextConfig } from './qwen3-next.ts'

export const qwen35: Architecture<Qwen3NextConfig> = {
  ...qwen3Next,
  names: {
    gguf: ['qwen35'],
    hf: ['qwen3_5_text', 'qwen3_5'],
    hfClasses: ['Qwen3_5ForCausalLM', 'Qwen3_5ForConditionalGeneration'],
  },
  configFromGguf: (metadata) => ({ ...deltaDecoderFromGguf(metadata, 'tiled'), experts: undefined }),
  configFromHf: (file) => ({ ...deltaDecoderFromHf(textConfig(file)), experts: undefined }),
  hfTensors: [
    ...hfDecoderTensors,
    ...hfDeltaNorms,
    ['model.layers.#.linear_attn.in_proj_qkv', 'blk.#.attn_qkv'],
    ['model.layers.#.linear_attn.in_proj_z', 'blk.#.attn_gate'],
    ['model.layers.#.linear_attn.in_proj_b', 'blk.#.ssm_beta'],
    ['model.layers.#.linear_attn.in_proj_a', 'blk.#.ssm_alpha'],
    ['model.layers.#.linear_attn.conv1d', 'blk.#.ssm_conv1d'],
    ['model.layers.#.linear_attn.dt_bias', 'blk.#.ssm_dt.bias'],
    ['model.layers.#.linear_attn.A_log', 'blk.#.ssm_a'],
    ['model.layers.#.linear_attn.norm', 'blk.#.ssm_norm'],
    ['model.layers.#.linear_attn.out_proj', 'blk.#.ssm_out'],
  ],
  adaptWeights: adaptDeltaDecoder,
}

/** Models that see keep what concerns text in an object of its own. */
export const textConfig = (file: ConfigFields): ConfigFields => optionalObject(file, 'text_config') ?? file
