/**
 * BERT: an encoder whose tokens all see each other, with learned positions, two kinds of segments, and norms after the residual sums
 * (Devlin et al. 2018, arXiv:1810.04805). Sentence encoders and re-rankers are made of it.
 */
import type { Graph, Tensor } from '../tensor/graph.ts'
import { activation, add, attention, embedding, layerNorm, rows } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture, ForwardOptions, ModelConfig } from './architecture.ts'
import { activationFromHf, architectureFields } from './blocks/decoder-config.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { optionalString, readCount, readNumber, refuseField } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Weights } from './weights.ts'

export interface BertConfig extends ModelConfig {
  /** H: heads of attention; divides `width`. */
  readonly heads: number
  /** F: inner width of the feed-forward block. */
  readonly feedForward: number
  /** Kinds of segments: rows of the table of token types. */
  readonly segments: number
  /** Scores of the head that classifies sequences; undefined without one. */
  readonly labels: number | undefined
  readonly activation: GluKind
}

/** Blocks that a configuration may state: no model has more, and each costs graph nodes before a single weight is read. */
const mostLayers = 1024

export const bert: Architecture<BertConfig> = {
  names: { gguf: ['bert'], hf: ['bert'], hfClasses: ['BertModel', 'BertForSequenceClassification'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    return checkBert(fields, {
      layers: readCount(fields, 'block_count'),
      width: readCount(fields, 'embedding_length'),
      contextLength: readCount(fields, 'context_length'),
      normEpsilon: readNumber(fields, 'attention.layer_norm_epsilon', 1e-12),
      heads: readCount(fields, 'attention.head_count'),
      feedForward: readCount(fields, 'feed_forward_length'),
      segments: readCount(metadata, 'tokenizer.ggml.token_type_count', 2),
      labels: readNumber(fields, 'pooling_type', 0) === ggufRankPooling ? 1 : undefined,
      activation: 'gelu-erf',
    })
  },
  configFromHf(config) {
    const positions = optionalString(config, 'position_embedding_type') ?? 'absolute'
    if (positions !== 'absolute') refuseField(config, 'position_embedding_type', "'absolute'", positions)
    return checkBert(config, {
      layers: readCount(config, 'num_hidden_layers'),
      width: readCount(config, 'hidden_size'),
      contextLength: readCount(config, 'max_position_embeddings'),
      normEpsilon: readNumber(config, 'layer_norm_eps', 1e-12),
      heads: readCount(config, 'num_attention_heads'),
      feedForward: readCount(config, 'intermediate_size'),
      segments: readCount(config, 'type_vocab_size', 2),
      labels: labelsFromHf(config),
      activation: activationFromHf(config, 'hidden_act', 'gelu-erf'),
    })
  },
  hfTensors: withPrefixes(
    ['', 'bert.'],
    [
      ['embeddings.word_embeddings', 'token_embd'],
      ['embeddings.position_embeddings', 'position_embd'],
      ['embeddings.token_type_embeddings', 'token_types'],
      ['embeddings.LayerNorm', 'token_embd_norm'],
      ['embeddings.LayerNorm.gamma', 'token_embd_norm.weight'],
      ['embeddings.LayerNorm.beta', 'token_embd_norm.bias'],
      ['encoder.layer.#.attention.self.query', 'blk.#.attn_q'],
      ['encoder.layer.#.attention.self.key', 'blk.#.attn_k'],
      ['encoder.layer.#.attention.self.value', 'blk.#.attn_v'],
      ['encoder.layer.#.attention.output.dense', 'blk.#.attn_output'],
      ['encoder.layer.#.attention.output.LayerNorm', 'blk.#.attn_output_norm'],
      ['encoder.layer.#.attention.output.LayerNorm.gamma', 'blk.#.attn_output_norm.weight'],
      ['encoder.layer.#.attention.output.LayerNorm.beta', 'blk.#.attn_output_norm.bias'],
      ['encoder.layer.#.intermediate.dense', 'blk.#.ffn_up'],
      ['encoder.layer.#.output.dense', 'blk.#.ffn_down'],
      ['encoder.layer.#.output.LayerNorm', 'blk.#.layer_output_norm'],
      ['encoder.layer.#.output.LayerNorm.gamma', 'blk.#.layer_output_norm.weight'],
      ['encoder.layer.#.output.LayerNorm.beta', 'blk.#.layer_output_norm.bias'],
      ['pooler.dense', 'cls'],
      ['classifier', 'cls.output'],
    ],
  ),
  ropes: () => ({}),

  forward(g, weights, config, options) {
    const { width, heads, feedForward, normEpsilon } = config
    const headDim = width / heads
    const norm = (x: Tensor, w: Weights, name: string): Tensor => {
      const weight = w.tensor(`${name}.weight`, [width])
      return layerNorm(g, x, weight, w.tensor(`${name}.bias`, [width]), normEpsilon, name)
    }
    // Nothing of a layer's keys and values is read after it, so one cache serves all.
    const cache = g.cache({ kvHeads: heads, headDim, window: undefined })
    const settings = { heads, kvHeads: heads, headDim, scale: headDim ** -0.5, window: undefined, softcap: undefined }
    let x = norm(embedInputs(g, weights, config), weights, 'token_embd_norm') // [T, D]
    if (options.hidden === true) g.output('hidden.0', x)
    for (let layer = 0; layer < config.layers; layer++) {
      const prefix = `blk.${layer}.`
      const w = weights.scope(prefix)
      x = g.scope(prefix, () => {
        const q = linear(g, x, readLinear(w, 'attn_q', width, width), 'attn_q') // [T, D]
        const k = linear(g, x, readLinear(w, 'attn_k', width, width), 'attn_k') // [T, D]
        const v = linear(g, x, readLinear(w, 'attn_v', width, width), 'attn_v') // [T, D]
        const mixed = attention(g, q, k, v, { ...settings, causal: false, cache }, 'attn') // [T, D]
        const attnOut = linear(g, mixed, readLinear(w, 'attn_output', width, width), 'attn_output') // [T, D]
        const attended = norm(add(g, x, attnOut, 'attn_residual'), w, 'attn_output_norm') // [T, D]
        const up = linear(g, attended, readLinear(w, 'ffn_up', feedForward, width), 'ffn_up') // [T, F]
        const inner = activation(g, up, config.activation, 'ffn_activation') // [T, F]
        const down = linear(g, inner, readLinear(w, 'ffn_down', width, feedForward), 'ffn_down') // [T, D]
        return norm(add(g, attended, down, 'ffn_residual'), w, 'layer_output_norm') // [T, D]
      })
      if (options.hidden === true) g.output(`hidden.${layer + 1}`, x)
    }
    outputRows(g, x, weights, config, options)
  },
}

/** Sum of the embeddings of token, position and segment [T, D]. */
function embedInputs(g: Graph, weights: Weights, { width, contextLength, segments }: BertConfig): Tensor {
  const V = weights.shapeOf('token_embd.weight')[0] ?? 0
  const tokens = embedding(g, weights.tensor('token_embd.weight', [V, width]), g.input('tokens'), 'token_embd')
  const positionTable = weights.tensor('position_embd.weight', [contextLength, width])
  const positions = embedding(g, positionTable, g.input('positions'), 'position_embd') // [T, D]
  const segmentTable = weights.tensor('token_types.weight', [segments, width])
  const types = embedding(g, segmentTable, g.input('segments'), 'token_types') // [T, D]
  return add(g, add(g, tokens, types, 'token_and_type'), positions, 'embedded')
}

/**
 * What is asked of single tokens: their last states, and, where the file has the heads, the pooled state and the scores. Heads make
 * sense for the first token of a text only; asking for its row alone is the caller's business.
 */
function outputRows(g: Graph, x: Tensor, weights: Weights, config: BertConfig, options: ForwardOptions): void {
  const { width, labels } = config
  const asked = rows(g, x, g.input('rows'), 'output_rows') // [R, D]
  g.output('hidden.norm', asked)
  const hasPooler = weights.optional('cls.weight', [width, width]) !== undefined
  if (labels === undefined && !(hasPooler && options.hidden === true)) return
  const dense = linear(g, asked, readLinear(weights, 'cls', width, width), 'pooler_dense') // [R, D]
  const pooled = activation(g, dense, 'tanh', 'pooler') // [R, D]
  g.output('pooler', pooled)
  if (labels === undefined) return
  g.output('score', linear(g, pooled, readLinear(weights, 'cls.output', labels, width), 'score')) // [R, labels]
}

/** Value of `pooling_type` for files whose head scores pairs. */
const ggufRankPooling = 4

/** transformers writes either the labels' number or their names, and neither for two. */
function labelsFromHf(config: ConfigFields): number | undefined {
  const classes = config.get('architectures')
  if (!Array.isArray(classes) || classes[0] !== 'BertForSequenceClassification') return undefined
  const names = config.get('id2label')
  const named = typeof names === 'object' && names !== null ? Object.keys(names).length : 2
  return readCount(config, 'num_labels', named)
}

function checkBert(fields: ConfigFields, config: BertConfig): BertConfig {
  const { layers, width, heads } = config
  if (layers > mostLayers) refuseField(fields, 'number of layers', `at most ${mostLayers}`, layers)
  if (width % heads !== 0) refuseField(fields, 'width', `a multiple of ${heads} heads`, width)
  return config
}

type TensorNames = readonly (readonly [hf: string, gguf: string])[]

/** Tasks other than plain encoding keep the encoder under a name of its own. */
function withPrefixes(prefixes: readonly string[], names: TensorNames): TensorNames {
  return prefixes.flatMap((prefix) => names.map(([hf, gguf]) => [prefix + hf, gguf] as const))
}
