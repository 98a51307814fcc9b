/** Hawk: Griffin with the recurrent block in every layer, so no token is kept and memory does not grow (De et al. 2024, section 2). */
import type { Architecture } from './architecture.ts'
import { flattenConvolutions, griffinFromHf, griffinTensors, recurrentBlock, writeGriffin } from './blocks/griffin.ts'
import type { GriffinConfig } from './blocks/griffin.ts'
import { recurrentGemma } from './recurrent-gemma.ts'

export const hawk: Architecture<GriffinConfig> = {
  names: { gguf: [], hf: ['hawk', 'recurrent_gemma'], hfClasses: ['RecurrentGemmaForCausalLM'] },
  accepts(config) {
    const blocks = config.get('block_types')
    const stated = Array.isArray(blocks) && blocks.length > 0
    return stated ? blocks.every((name) => name === 'recurrent') : config.get('model_type') === 'hawk'
  },
  configFromGguf: (metadata) => recurrentGemma.configFromGguf(metadata),
  configFromHf: griffinFromHf,
  hfTensors: griffinTensors,
  hfNormsMinusOne: true,
  adaptWeights: flattenConvolutions,
  ropes: () => ({}),
  forward: (g, weights, config, options) =>
    writeGriffin(g, weights, config, options, (x, w) => recurrentBlock(g, x, w, config)),
}
