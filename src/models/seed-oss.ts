/** Seed-OSS: Qwen 2 with heads of a size of their own; GGUF calls the norm before the feed-forward block after the one in front of it. */
import type { Architecture } from './architecture.ts'
import { qwen2 } from './qwen2.ts'
import type { Qwen2Config } from './qwen2.ts'

export const seedOss: Architecture<Qwen2Config> = {
  ...qwen2,
  names: { gguf: ['seed_oss'], hf: ['seed_oss'], hfClasses: ['SeedOssForCausalLM'] },
  adaptWeights: (weights) =>
    new Map([...weights].map(([name, source]) => [name.replace('.post_attention_norm.', '.ffn_norm.'), source])),
}
