import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'vitest'
import { bytesSource, readSafetensors } from '../formats/index.ts'
import { knownCheckpoints } from '../../test/support/random-architectures.ts'
import { OstroError } from '../util/error.ts'
import { architectures, openModel } from './index.ts'

/** Keys that any architecture reads; a mutated file gives some of them any value. */
const ggufKeys = [
  'block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count', 'attention.head_count_kv',
  'attention.key_length', 'attention.value_length', 'attention.layer_norm_rms_epsilon', 'attention.sliding_window',
  'attention.sliding_window_pattern', 'rope.freq_base', 'rope.freq_base_swa', 'rope.dimension_count', 'rope.scaling.type',
  'rope.scaling.factor', 'rope.scaling.original_context_length', 'rope.scaling.attn_factor', 'rope.scale_linear',
  'attn_logit_softcapping', 'final_logit_softcapping', 'expert_count',
  'expert_used_count', 'expert_feed_forward_length', 'expert_shared_feed_forward_length', 'expert_weights_scale', 'embedding_scale',
  'logit_scale', 'attention.output_scale', 'attention.clamp_kqv', 'attention.layer_norm_epsilon',
] // prettier-ignore
const hfKeys = [
  'hidden_size', 'num_attention_heads', 'num_key_value_heads', 'num_hidden_layers', 'intermediate_size', 'head_dim', 'hidden_act',
  'max_position_embeddings', 'original_max_position_embeddings', 'rms_norm_eps', 'rope_theta', 'rope_scaling', 'rope_parameters',
  'rope_local_base_freq', 'partial_rotary_factor', 'sliding_window', 'use_sliding_window', 'max_window_layers', 'layer_types',
  'sliding_window_pattern', 'query_pre_attn_scalar', 'attn_logit_softcapping', 'final_logit_softcapping', 'text_config',
  'num_experts', 'num_local_experts', 'num_experts_per_tok', 'moe_intermediate_size', 'shared_expert_intermediate_size',
  'mlp_only_layers', 'decoder_sparse_step', 'norm_topk_prob', 'attn_config', 'ffn_config', 'd_model', 'n_heads', 'n_layers', 'max_seq_len',
] // prettier-ignore
const plausible: Readonly<Record<string, number>> = {
  block_count: 2, context_length: 64, embedding_length: 8, feed_forward_length: 8, 'attention.head_count': 2,
  'attention.layer_norm_rms_epsilon': 1e-5, 'attention.sliding_window': 4,
  hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 2, intermediate_size: 8, max_position_embeddings: 64,
} // prettier-ignore

const scalar = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom('linear', 'llama3', 'yarn', 'longrope', 'default', 'full_attention', 'sliding_attention', '', null),
  fc.integer({ min: 0, max: 40 }),
  fc.string({ maxLength: 5 }),
)
const object = fc.dictionary(
  fc.constantFrom(
    'rope_type',
    'type',
    'factor',
    'rope_theta',
    'short_factor',
    'long_factor',
    'low_freq_factor',
    'full_attention',
  ),
  fc.oneof(scalar, fc.array(fc.double(), { maxLength: 4 })),
)
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 4 }),
  fc.uint32Array({ maxLength: 4 }),
  object,
)

async function onlyTypedErrors(files: Parameters<typeof openModel>[0]): Promise<void> {
  try {
    const model = await openModel(files)
    model.graph({ hidden: true })
    model.encoderGraph?.({ hidden: true })
  } catch (error) {
    if (!(error instanceof OstroError)) throw error
  }
}

const changes = (keys: readonly string[]) => fc.dictionary(fc.constantFrom(...keys), value, { minKeys: 1, maxKeys: 4 })

describe('corrupt configurations', () => {
  it('of GGUF end in typed errors', async () => {
    const names = architectures.flatMap(({ names: { gguf } }) => gguf)
    const property = fc.asyncProperty(fc.constantFrom(...names), changes(ggufKeys), async (name, changed) => {
      const fields = Object.entries({ ...plausible, ...changed }).map(
        ([key, field]) => [`${name}.${key}`, field] as const,
      )
      const metadata = new Map<string, unknown>([['general.architecture', name], ...fields])
      await onlyTypedErrors({ format: 'gguf', metadata, tensors: new Map() })
    })
    await fc.assert(property, { numRuns: 3000 })
  })

  it('of config.json end in typed errors', async () => {
    const names = architectures.flatMap(({ names: { hf } }) => hf)
    const property = fc.asyncProperty(fc.constantFrom(...names), changes(hfKeys), async (name, changed) => {
      const config = { ...plausible, ...changed, model_type: name }
      await onlyTypedErrors({ format: 'safetensors', config, tensors: new Map() })
    })
    await fc.assert(property, { numRuns: 3000 })
  })

  // Whatever an architecture reads: its own fields and those it could have, changed, left out or swapped, beside real tensors.
  it.each(knownCheckpoints().map((folder) => [basename(folder), folder] as const))(
    'of %s end in typed errors',
    async (_name, folder) => {
      const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>
      const { tensors } = await readSafetensors(bytesSource(readFileSync(join(folder, 'model.safetensors'))))
      const swapped = fc.constantFrom(...Object.values(config))
      const changed = fc.dictionary(fc.constantFrom(...Object.keys(config), 'keys_visible'), fc.oneof(value, swapped), {
        minKeys: 1,
        maxKeys: 3,
      })
      const property = fc.asyncProperty(
        changed,
        fc.option(fc.constantFrom(...tensors.keys())),
        async (fields, lost) => {
          const kept = new Map([...tensors].filter(([name]) => name !== lost))
          await onlyTypedErrors({ format: 'safetensors', config: { ...config, ...fields }, tensors: kept })
        },
      )
      await fc.assert(property, { numRuns: 100 })
    },
  )
})
