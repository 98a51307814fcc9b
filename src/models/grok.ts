/** Grok 1: scaled embeddings and logits, soft-capped scores, norms on both sides of attention and of a mixture of experts. */
import { add, rmsNorm, scale } from '../tensor/ops/index.ts'
import { OstroError } from '../util/error.ts'
import type { Architecture, DecoderConfig } from './architecture.ts'
import { readAttention, selfAttention } from './blocks/attention.ts'
import { architectureFields, decoderFromGguf, decoderFromHf } from './blocks/decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './blocks/decoder.ts'
import { hfDecoderTensors } from './blocks/hf-tensors.ts'
import { mixture, mixtureFromGguf, mixtureFromHf, readMixture, stackExperts } from './blocks/mixture.ts'
import type { MixtureConfig } from './blocks/mixture.ts'
import { readPositive } from './config-fields.ts'

export interface GrokConfig extends DecoderConfig {
  readonly mixture: MixtureConfig
  readonly embeddingScale: number
  readonly attentionScale: number
  readonly attentionSoftcap: number
  readonly logitScale: number
}

/** What the first published files leave out: they are of one model. */
const published = { embeddingScale: Math.sqrt(6144), attentionScale: 128 ** -0.5, softcap: 30, logitScale: 3 ** -0.5 }

/**
 * Router logits are not soft-capped, although the files state a cap: llama.cpp, which is the oracle, reads it and does nothing. Whether
 * the weights of the experts are divided by their sum cannot be seen, since a norm follows.
 */
export const grok: Architecture<GrokConfig> = {
  names: { gguf: ['grok'], hf: ['grok-1'], hfClasses: ['Grok1ForCausalLM', 'Grok1ModelForCausalLM'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    return {
      ...decoderFromGguf(fields, 'neox'),
      mixture: mixtureFromGguf(fields, true),
      embeddingScale: readPositive(fields, 'embedding_scale', published.embeddingScale),
      attentionScale: readPositive(fields, 'attention.output_scale', published.attentionScale),
      attentionSoftcap: readPositive(fields, 'attn_logit_softcapping', published.softcap),
      logitScale: readPositive(fields, 'logit_scale', published.logitScale),
    }
  },
  configFromHf: (config) => ({
    ...decoderFromHf(config),
    mixture: mixtureFromHf(config, 'intermediate_size', true),
    embeddingScale: readPositive(config, 'embedding_multiplier_scale'),
    attentionScale: readPositive(config, 'attn_output_multiplier'),
    attentionSoftcap: readPositive(config, 'attn_logit_softcapping', published.softcap),
    logitScale: readPositive(config, 'output_multiplier_scale'),
  }),
  hfTensors: [
    ...hfDecoderTensors,
    ['model.layers.#.pre_attn_norm', 'blk.#.attn_norm'],
    ['model.layers.#.post_attn_norm', 'blk.#.attn_output_norm'],
    ['model.layers.#.pre_moe_norm', 'blk.#.ffn_norm'],
    ['model.layers.#.post_moe_norm', 'blk.#.post_ffw_norm'],
    ['model.layers.#.block_sparse_moe.gate', 'blk.#.ffn_gate_inp'],
    ['model.layers.#.block_sparse_moe.experts.*.w1', 'blk.#.ffn_gate_exps.*'],
    ['model.layers.#.block_sparse_moe.experts.*.w3', 'blk.#.ffn_up_exps.*'],
    ['model.layers.#.block_sparse_moe.experts.*.w2', 'blk.#.ffn_down_exps.*'],
  ],
  adaptWeights(weights) {
    const adapted = stackExperts(weights)
    for (const [name, source] of weights) {
      if (/^blk\.\d+\.ffn_up\.weight$/.test(name)) {
        const message = `tensor '${name}': a dense block beside the experts (Grok 2) is not known here.`
        throw new OstroError('unsupported', message, { tensor: name })
      }
      // The norm behind the experts has two names.
      if (name.endsWith('.layer_output_norm.weight'))
        adapted.set(name.replace('.layer_output_norm.', '.post_ffw_norm.'), source)
    }
    return adapted
  },
  ropes: (config) => ({ 'rope.inverse_frequencies': config.rope }),

  forward(g, weights, config, options) {
    const { width, normEpsilon, rope, embeddingScale, attentionScale, attentionSoftcap, logitScale } = config
    const inverseFrequencies = weights.tensor('rope.inverse_frequencies', [rope.dims / 2])
    const embedded = scale(g, embedTokens(g, weights, config), embeddingScale, 'token_embd_scaled') // [T, D]
    const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
      const norm = (input: typeof x, name: string) =>
        rmsNorm(g, input, w.tensor(`${name}.weight`, [width]), normEpsilon, name)
      const settings = { rope, inverseFrequencies, scale: attentionScale, softcap: attentionSoftcap }
      const attnOut = selfAttention(g, norm(x, 'attn_norm'), readAttention(w, config), config, settings)
      const attended = add(g, x, norm(attnOut, 'attn_output_norm'), 'attn_residual') // [T, D]
      const experts = readMixture(w, width, config.mixture)
      const kinds = { kind: 'gelu-tanh', layer, options } as const
      const ffnOut = mixture(g, norm(attended, 'ffn_norm'), experts, config.mixture, kinds) // [T, D]
      return add(g, attended, norm(ffnOut, 'post_ffw_norm'), 'ffn_residual')
    })
    g.output('logits', scale(g, projectLogits(g, stream, weights, config, options), logitScale, 'logits_scaled')) // [R, V]
  },
}
