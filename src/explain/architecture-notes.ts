/** What cannot be read off a graph: the idea of each architecture, where it was published, and what a tiny one needs in its configuration. */
export interface ArchitectureNote {
  readonly title: string
  /** What is new in it, in one or two sentences. */
  readonly idea: string
  readonly sources: readonly string[]
  /** Fields of config.json that differ from `tinyConfig`. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Tensors that files of this family have and others lack, by GGUF name. */
  readonly tensors?: readonly RegExp[]
}

/** A model that fits on paper: two blocks, tokens of 8 numbers, 16 known ids. Names as in config.json of all families. */
export const tinyConfig: Readonly<Record<string, unknown>> = {
  hidden_size: 8,
  d_model: 8,
  num_hidden_layers: 2,
  num_layers: 2,
  encoder_layers: 2,
  decoder_layers: 2,
  n_layers: 2,
  num_attention_heads: 2,
  num_heads: 2,
  n_heads: 2,
  encoder_attention_heads: 2,
  decoder_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  d_kv: 4,
  intermediate_size: 12,
  d_ff: 12,
  encoder_ffn_dim: 12,
  decoder_ffn_dim: 12,
  max_position_embeddings: 64,
  vocab_size: 16,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  decoder_start_token_id: 0,
  eos_token_id: 1,
  pad_token_id: 0,
}

const vaswani = 'Vaswani et al. 2017, Attention Is All You Need'
const qkvBias = /attn_[qkv]\.bias$/
const experts = { num_local_experts: 4, num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 12 }
const griffin = {
  head_dim: 4,
  lru_width: 8,
  intermediate_size: 24,
  conv1d_width: 4,
  attention_window_size: 8,
  hidden_activation: 'gelu_pytorch_tanh',
  rms_norm_eps: 1e-6,
  partial_rotary_factor: 0.5,
}

const deltaNet = {
  partial_rotary_factor: 1,
  linear_num_key_heads: 2,
  linear_num_value_heads: 4,
  linear_key_head_dim: 4,
  linear_value_head_dim: 4,
  linear_conv_kernel_dim: 4,
}

/** By the first name of the architecture in config.json. */
export const architectureNotes: Readonly<Record<string, ArchitectureNote>> = {
  llama: {
    title: 'Llama',
    idea: 'The decoder that most open models follow: a norm before each part, rotary positions, several queries that share a key, and a gated feed-forward block.',
    sources: ['Touvron et al. 2023, Llama 2', 'Grattafiori et al. 2024, The Llama 3 Herd of Models'],
  },
  qwen2: {
    title: 'Qwen2',
    idea: 'Like Llama, with a bias on queries, keys and values.',
    sources: ['Yang et al. 2024, Qwen2 Technical Report'],
    tensors: [qkvBias],
  },
  qwen3: {
    title: 'Qwen3',
    idea: 'Like Llama, with a norm of each head of queries and keys in place of biases, which keeps scores in range.',
    sources: ['Yang et al. 2025, Qwen3 Technical Report'],
  },
  mistral: {
    title: 'Mistral',
    idea: 'Like Llama, but each token sees only the last few thousand tokens; stacked blocks reach further.',
    sources: ['Jiang et al. 2023, Mistral 7B'],
    config: { sliding_window: 8 },
  },
  mixtral: {
    title: 'Mixtral',
    idea: 'Like Mistral, but each block has several feed-forward blocks, the experts, and a router picks two for each token: many parameters, few of them at work.',
    sources: ['Jiang et al. 2024, Mixtral of Experts'],
    config: experts,
  },
  qwen2_moe: {
    title: 'Qwen1.5-MoE',
    idea: 'Many small experts, of which four run, beside one that every token passes. The weights of the chosen are used as they are, without making them sum to 1.',
    sources: ['Qwen Team 2024, Qwen1.5-MoE (release notes)'],
    config: { ...experts, shared_expert_intermediate_size: 12, norm_topk_prob: false, decoder_sparse_step: 1 },
    tensors: [qkvBias],
  },
  qwen3_moe: {
    title: 'Qwen3-MoE',
    idea: 'Qwen3 with many small experts and no shared one; the weights of the chosen sum to 1.',
    sources: ['Yang et al. 2025, Qwen3 Technical Report'],
    config: { ...experts, norm_topk_prob: true, decoder_sparse_step: 1 },
  },
  dbrx: {
    title: 'DBRX',
    idea: 'Sixteen experts, of which four run; one matrix for queries, keys and values together, whose outputs are cut off at a bound.',
    sources: ['Databricks 2024, Introducing DBRX (release notes)'],
    config: {
      max_seq_len: 64,
      attn_config: { clip_qkv: 8, kv_n_heads: 1, rope_theta: 10000 },
      ffn_config: { ffn_hidden_size: 12, moe_num_experts: 4, moe_top_k: 2, moe_normalize_expert_weights: 1 },
      tie_word_embeddings: false,
    },
  },
  'grok-1': {
    title: 'Grok-1',
    idea: 'Eight experts, of which two run; norms before and after each part, and scores bent into a range by a tanh.',
    sources: ['xAI 2024, Grok-1 (published code)'],
    config: {
      ...experts,
      embedding_multiplier_scale: 8,
      output_multiplier_scale: 0.5,
      attn_output_multiplier: 0.5,
      attn_logit_softcapping: 30,
      router_logit_softcapping: 30,
    },
  },
  openmoe: {
    title: 'OpenMoE',
    idea: 'Experts in every few blocks, each beside a dense feed-forward block that all tokens pass.',
    sources: ['Xue et al. 2024, OpenMoE', 'Zoph et al. 2022, ST-MoE'],
    config: experts,
  },
  gemma: {
    title: 'Gemma',
    idea: 'Like Llama, with a gate of another curve, a factor on the embeddings, and heads that are wider than the model divided by their number.',
    sources: ['Gemma Team 2024, Gemma'],
  },
  gemma2: {
    title: 'Gemma 2',
    idea: 'Blocks take turns: one sees a window, the next everything. Norms stand before and after each part, and scores and logits are bent into a range.',
    sources: ['Gemma Team 2024, Gemma 2'],
    config: {
      sliding_window: 8,
      query_pre_attn_scalar: 4,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
      layer_types: ['sliding_attention', 'full_attention'],
    },
  },
  gemma3_text: {
    title: 'Gemma 3',
    idea: 'Five blocks see a window for each one that sees everything, so that long texts need little memory; queries and keys are normed head by head.',
    sources: ['Gemma Team 2025, Gemma 3'],
    config: {
      num_hidden_layers: 6,
      sliding_window: 8,
      query_pre_attn_scalar: 4,
      rope_local_base_freq: 10000,
      layer_types: [...Array.from({ length: 5 }, () => 'sliding_attention'), 'full_attention'],
    },
  },
  phi3: {
    title: 'Phi-3',
    idea: 'Like Llama, with queries, keys and values from one matrix and both halves of the gate from another.',
    sources: ['Abdin et al. 2024, Phi-3 Technical Report'],
  },
  olmo2: {
    title: 'OLMo 2',
    idea: 'Like Llama, but norms stand after each part instead of before it, which steadies training.',
    sources: ['OLMo Team 2024, 2 OLMo 2 Furious'],
  },
  smollm3: {
    title: 'SmolLM3',
    idea: 'Llama in which every fourth layer has no rotary positions: it finds by content alone, however far away.',
    sources: ['Hugging Face 2025, SmolLM3', 'Yang et al. 2025, Rope to Nope and Back Again'],
    config: { num_hidden_layers: 2, no_rope_layers: [1, 0] },
  },
  granite: {
    title: 'Granite',
    idea: 'Llama with fixed factors on embeddings, scores, what each block adds, and logits, so that one learning rate suits all widths.',
    sources: ['IBM 2024, Granite 3.0 Language Models', 'Yang et al. 2022, Tensor Programs V'],
    config: { embedding_multiplier: 12, attention_multiplier: 0.25, residual_multiplier: 0.22, logits_scaling: 8 },
  },
  glm4: {
    title: 'GLM-4',
    idea: 'Norms on both sides of each part, biases on queries, keys and values, and half of each head rotated.',
    sources: ['GLM Team 2024, ChatGLM: A Family of Large Language Models'],
    tensors: [qkvBias],
  },
  ernie4_5: {
    title: 'ERNIE 4.5',
    idea: 'Like Llama.',
    sources: ['Baidu 2025, ERNIE 4.5 Technical Report'],
  },
  seed_oss: {
    title: 'Seed-OSS',
    idea: 'Like Llama, with a bias on queries, keys and values, and heads of a size of their own.',
    sources: ['ByteDance Seed 2025, Seed-OSS'],
    tensors: [qkvBias],
  },
  lfm2: {
    title: 'LFM2',
    idea: 'Most layers mix a token with the two before it by a short convolution between two gates; few layers attend.',
    sources: ['Liquid AI 2025, LFM2 Technical Report'],
    config: { layer_types: ['conv', 'full_attention'], conv_L_cache: 3, block_auto_adjust_ff_dim: false },
  },
  mamba: {
    title: 'Mamba',
    idea: 'No attention: a state of fixed size that each token fades and writes to as it says itself. Memory and time per token do not grow with the text.',
    sources: ['Gu and Dao 2023, Mamba: Linear-Time Sequence Modeling with Selective State Spaces'],
    config: { state_size: 4, time_step_rank: 1, expand: 2, conv_kernel: 4, intermediate_size: 16 },
    tensors: [/ssm_conv1d\.bias$/],
  },
  mamba2: {
    title: 'Mamba-2',
    idea: 'Mamba with one rate of fading for a whole head, so that long texts are read in chunks by matrix products.',
    sources: ['Dao and Gu 2024, Transformers are SSMs'],
    config: { state_size: 4, num_heads: 4, head_dim: 4, n_groups: 1, expand: 2, conv_kernel: 4, chunk_size: 4 },
    tensors: [/ssm_conv1d\.bias$/],
  },
  qwen3_next: {
    title: 'Qwen3-Next',
    idea: 'Three blocks keep a table from keys to values instead of all tokens (a gated delta net); the fourth attends. Experts, and one that every token passes.',
    sources: ['Yang et al. 2024, Gated Delta Networks', 'Qwen Team 2025, Qwen3-Next'],
    config: {
      ...experts,
      ...deltaNet,
      moe_intermediate_size: 8,
      shared_expert_intermediate_size: 8,
      layer_types: ['linear_attention', 'full_attention'],
    },
  },
  qwen3_5_text: {
    title: 'Qwen 3.5',
    idea: 'Qwen3-Next with one dense feed-forward part in place of experts.',
    sources: ['Yang et al. 2024, Gated Delta Networks'],
    config: { ...deltaNet, layer_types: ['linear_attention', 'full_attention'] },
  },
  qwen3_5_moe_text: {
    title: 'Qwen 3.5 with experts',
    idea: 'Gated delta nets and attention as in Qwen 3.5, experts and a shared one as in Qwen3-Next.',
    sources: ['Yang et al. 2024, Gated Delta Networks'],
    config: {
      ...experts,
      ...deltaNet,
      moe_intermediate_size: 8,
      shared_expert_intermediate_size: 8,
      layer_types: ['linear_attention', 'full_attention'],
    },
  },
  hawk: {
    title: 'Hawk',
    idea: 'A gated linear recurrence in place of attention: each feature remembers at a rate of its own.',
    sources: ['De et al. 2024, Griffin: Mixing Gated Linear Recurrences with Local Attention'],
    config: { ...griffin, block_types: ['recurrent'] },
  },
  recurrent_gemma: {
    title: 'RecurrentGemma (Griffin)',
    idea: 'Two blocks with a gated linear recurrence for each one with attention to a window: a state for the long run, exact recall nearby.',
    sources: [
      'De et al. 2024, Griffin: Mixing Gated Linear Recurrences with Local Attention',
      'Botev et al. 2024, RecurrentGemma',
    ],
    config: { ...griffin, num_hidden_layers: 3, block_types: ['recurrent', 'recurrent', 'attention'] },
  },
  jamba: {
    title: 'Jamba',
    idea: 'Mamba blocks, a few attention blocks and experts in turn.',
    sources: ['Lieber et al. 2024, Jamba'],
    config: {
      ...experts,
      num_hidden_layers: 4,
      attn_layer_offset: 1,
      attn_layer_period: 4,
      expert_layer_offset: 1,
      expert_layer_period: 2,
      mamba_d_state: 4,
      mamba_d_conv: 4,
      mamba_dt_rank: 1,
      mamba_expand: 2,
      rms_norm_eps: 1e-6,
    },
    tensors: [/ssm_conv1d\.bias$/],
  },
  falcon_h1: {
    title: 'Falcon-H1',
    idea: 'Attention and a Mamba-2 mixer side by side in each block, their outputs added.',
    sources: ['Falcon LLM Team 2025, Falcon-H1'],
    config: {
      mamba_d_ssm: 16,
      mamba_d_head: 4,
      mamba_n_heads: 4,
      mamba_n_groups: 1,
      mamba_d_state: 4,
      mamba_d_conv: 4,
      mamba_chunk_size: 4,
      mamba_expand: 2,
    },
    tensors: [/ssm_conv1d\.bias$/],
  },
  bert: {
    title: 'BERT',
    idea: 'An encoder: every token sees all others, also those after it. It predicts no next token but describes the text, for search and ranking.',
    sources: ['Devlin et al. 2018, BERT', 'Reimers and Gurevych 2019, Sentence-BERT'],
    config: { num_attention_heads: 2, type_vocab_size: 2, layer_norm_eps: 1e-12, hidden_act: 'gelu' },
    tensors: [/\.bias$/],
  },
  t5: {
    title: 'T5',
    idea: 'An encoder reads the whole input, a decoder writes the answer and attends to it. Positions enter as a bias by distance, learned for ranges of distances.',
    sources: ['Raffel et al. 2019, Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer'],
    config: {
      num_decoder_layers: 2,
      relative_attention_num_buckets: 8,
      relative_attention_max_distance: 20,
      feed_forward_proj: 'gated-gelu',
      layer_norm_epsilon: 1e-6,
    },
  },
  switch_transformers: {
    title: 'Switch Transformer',
    idea: 'T5 with experts in every other block and one expert for each token: as much computing as without, many times the parameters.',
    sources: ['Fedus et al. 2021, Switch Transformers'],
    config: {
      num_decoder_layers: 2,
      num_sparse_encoder_layers: 1,
      num_sparse_decoder_layers: 1,
      encoder_sparse_step: 2,
      decoder_sparse_step: 2,
      num_experts: 4,
      expert_capacity: 4,
      relative_attention_num_buckets: 8,
      relative_attention_max_distance: 20,
      layer_norm_epsilon: 1e-6,
      dense_act_fn: 'relu',
    },
  },
  marian: {
    title: 'Marian (OPUS-MT)',
    idea: 'The first transformer as it was: encoder and decoder, sines as positions, norms after each part. One small model for each pair of languages.',
    sources: [vaswani, 'Junczys-Dowmunt et al. 2018, Marian', 'Tiedemann and Thottingal 2020, OPUS-MT'],
    config: { activation_function: 'swish', scale_embedding: true, decoder_vocab_size: 16 },
    tensors: [/\.bias$/],
  },
  m2m_100: {
    title: 'M2M-100 and NLLB',
    idea: 'One encoder and decoder for 100 and more languages: the first token of the answer says in which to write.',
    sources: [
      'Fan et al. 2020, Beyond English-Centric Multilingual Machine Translation',
      'NLLB Team 2022, No Language Left Behind',
    ],
    config: { activation_function: 'relu', scale_embedding: true },
    tensors: [/\.bias$/],
  },
  'nllb-moe': {
    title: 'NLLB-MoE',
    idea: 'NLLB with experts in every few blocks; a token goes to two of them, and the second may be left out.',
    sources: ['NLLB Team 2022, No Language Left Behind'],
    config: {
      activation_function: 'relu',
      scale_embedding: true,
      encoder_sparse_step: 2,
      decoder_sparse_step: 2,
      num_experts: 4,
      expert_capacity: 64,
      moe_eval_capacity_token_fraction: 1,
      second_expert_policy: 'all',
    },
    tensors: [/\.bias$/],
  },
}
