/** Mistral: Llama whose queries see a sliding window of keys. Its GGUF files call themselves `llama`. */
import type { Architecture } from './architecture.ts'
import { optionalCount } from './config-fields.ts'
import { llama } from './llama.ts'
import type { LlamaConfig } from './llama.ts'

export const mistral: Architecture<LlamaConfig> = {
  ...llama,
  names: { gguf: [], hf: ['mistral'], hfClasses: ['MistralForCausalLM'] },
  configFromHf: (config) => ({ ...llama.configFromHf(config), window: optionalCount(config, 'sliding_window') }),
}
