/** ERNIE 4.5 (dense): Llama with biases where the file has them, and pairs of neighbours rotated in all files. */
import type { Architecture } from './architecture.ts'
import { withDefaults } from './config-fields.ts'
import { llama } from './llama.ts'
import type { LlamaConfig } from './llama.ts'

export const ernie45: Architecture<LlamaConfig> = {
  ...llama,
  names: { gguf: ['ernie4_5'], hf: ['ernie4_5'], hfClasses: ['Ernie4_5ForCausalLM'] },
  accepts: () => true,
  configFromHf(config) {
    const read = llama.configFromHf(withDefaults(config, { rms_norm_eps: 1e-5, rope_theta: 500_000 }))
    return { ...read, rope: { ...read.rope, style: 'interleaved' } }
  },
}
