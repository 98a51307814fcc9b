/** Names that most Hugging Face decoders share, paired with those of GGUF; `#` is the number of the layer. */

export const hfDecoderTensors = [
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
  ['model.layers.#.self_attn.q_proj', 'blk.#.attn_q'],
  ['model.layers.#.self_attn.k_proj', 'blk.#.attn_k'],
  ['model.layers.#.self_attn.v_proj', 'blk.#.attn_v'],
  ['model.layers.#.self_attn.o_proj', 'blk.#.attn_output'],
  ['model.layers.#.self_attn.q_norm', 'blk.#.attn_q_norm'],
  ['model.layers.#.self_attn.k_norm', 'blk.#.attn_k_norm'],
  ['model.layers.#.mlp.gate_proj', 'blk.#.ffn_gate'],
  ['model.layers.#.mlp.up_proj', 'blk.#.ffn_up'],
  ['model.layers.#.mlp.down_proj', 'blk.#.ffn_down'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

/** Norms before attention and before the feed-forward block. */
export const hfPreNorms = [
  ['model.layers.#.input_layernorm', 'blk.#.attn_norm'],
  ['model.layers.#.post_attention_layernorm', 'blk.#.ffn_norm'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

/** Norms on both sides of both, as Gemma 2 has them; the name of the second means something else than above. */
export const hfSandwichNorms = [
  ['model.layers.#.input_layernorm', 'blk.#.attn_norm'],
  ['model.layers.#.post_attention_layernorm', 'blk.#.post_attention_norm'],
  ['model.layers.#.pre_feedforward_layernorm', 'blk.#.ffn_norm'],
  ['model.layers.#.post_feedforward_layernorm', 'blk.#.post_ffw_norm'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

/** Before a gated delta net or attention, and before the feed-forward block, where GGUF keeps the name of the second one. */
export const hfDeltaNorms = [
  ['model.layers.#.input_layernorm', 'blk.#.attn_norm'],
  ['model.layers.#.post_attention_layernorm', 'blk.#.post_attention_norm'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]
