/** Qwen 3.5 with experts (text): Qwen 3.5 whose feed-forward blocks are mixtures beside a shared expert, as in Qwen3-Next. */
import type { Architecture } from './architecture.ts'
import { hfExpertTensors, stackExperts } from './blocks/mixture.ts'
import { hfSharedExpertTensors } from './blocks/sparse-layers.ts'
import { withDefaults } from './config-fields.ts'
import { qwen35, textConfig } from './qwen3-5.ts'
import {
  adaptDeltaDecoder,
  deltaDecoderFromGguf,
  deltaDecoderFromHf,
  withExpertsFromGguf,
  withExpertsFromHf,
} from './qwen3-next.ts'
import type { Qwen3NextConfig } from './qwen3-next.ts'

export const qwen35Moe: Architecture<Qwen3NextConfig> = {
  ...qwen35,
  names: {
    gguf: ['qwen35moe'],
    hf: ['qwen3_5_moe_text', 'qwen3_5_moe'],
    hfClasses: ['Qwen3_5MoeForCausalLM', 'Qwen3_5MoeForConditionalGeneration'],
  },
  configFromGguf: (metadata) => withExpertsFromGguf(metadata, deltaDecoderFromGguf(metadata, 'tiled')),
  configFromHf(file) {
    const text = textConfig(file)
    // No layer is dense, so its width is not stated.
    const fields = withDefaults(text, { intermediate_size: text.get('moe_intermediate_size') })
    return withExpertsFromHf(fields, deltaDecoderFromHf(fields))
  },
  hfTensors: [...qwen35.hfTensors, ...hfExpertTensors, ...hfSharedExpertTensors],
  adaptWeights: (weights, config, format) => adaptDeltaDecoder(stackExperts(weights), config, format),
}
