/**
 * The stacks of the original transformer for translation (Vaswani et al. 2017, arXiv:1706.03762): fixed sinusoidal positions, layer
 * norms and biases everywhere, one table of embeddings for source, target and output. Norms stand before each part (M2M-100, NLLB) or
 * after each residual sum (Marian).
 */
import type { WeightSource } from '../../tensor/device.ts'
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { activation, add, embedding, layerNorm, rows, scale } from '../../tensor/ops/index.ts'
import type { GluKind } from '../../tensor/ops/index.ts'
import type { EncoderDecoderConfig, ForwardOptions } from '../architecture.ts'
import { readCount, refuseField } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { Weights } from '../weights.ts'
import { crossAttention, storeMemories } from './cross-attention.ts'
import { activationFromHf } from './decoder-config.ts'
import { checkStacks } from './encoder-config.ts'
import { encoderCache, runStack, sidePrefix, stackAttention } from './encoder.ts'
import type { Side } from './encoder.ts'
import { linear, readLinear } from './linear.ts'
import { sinusoidSource } from './positions.ts'
import type { Sinusoids } from './positions.ts'

export interface AbsoluteConfig extends EncoderDecoderConfig {
  readonly activation: GluKind
  /** Multiplies embeddings, usually sqrt(D). */
  readonly embeddingScale: number
  /** One table of embeddings for source, target and output. */
  readonly sharesEmbeddings: boolean
  /** Where the norms of a block stand; stacks with norms `before` have a final one. */
  readonly norms: 'before' | 'after'
}

/** x [T, D] -> [T, D] */
export type FeedForwardPart = (x: Tensor, weights: Weights, side: Side, layer: number) => Tensor

/** The names of fairseq's models in transformers. */
export function absoluteFromHf(config: ConfigFields, norms: AbsoluteConfig['norms']): AbsoluteConfig {
  const width = readCount(config, 'd_model')
  const stackOf = (side: Side) => {
    const heads = readCount(config, `${side}_attention_heads`)
    if (width % heads !== 0) refuseField(config, 'd_model', `a multiple of ${heads} heads`, width)
    return {
      layers: readCount(config, `${side}_layers`),
      heads,
      headDim: width / heads,
      feedForward: readCount(config, `${side}_ffn_dim`),
    }
  }
  const [encoder, decoder] = [stackOf('encoder'), stackOf('decoder')]
  return checkStacks(config, {
    layers: decoder.layers,
    width,
    contextLength: readCount(config, 'max_position_embeddings', 1024),
    normEpsilon: 1e-5,
    encoder,
    decoder,
    activation: activationFromHf(config, 'activation_function', 'relu'),
    embeddingScale: config.get('scale_embedding') === true ? Math.sqrt(width) : 1,
    sharesEmbeddings:
      config.get('share_encoder_decoder_embeddings') !== false && config.get('tie_word_embeddings') !== false,
    norms,
  })
}

export const hfAbsoluteTensors = [
  ['model.shared', 'token_embd'],
  ['model.encoder.embed_tokens', 'enc.token_embd'],
  ['model.decoder.embed_tokens', 'dec.token_embd'],
  ['lm_head', 'output'],
  ['model.encoder.layer_norm', 'enc.output_norm'],
  ['model.decoder.layer_norm', 'dec.output_norm'],
  ...sideTensors('encoder', 'enc'),
  ...sideTensors('decoder', 'dec'),
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

/** Self-attention of both sides; the norms of the rest are named differently from family to family. */
function sideTensors<H extends string, P extends string>(hf: H, prefix: P) {
  return [
    [`model.${hf}.layers.#.self_attn.q_proj`, `${prefix}.blk.#.attn_q`],
    [`model.${hf}.layers.#.self_attn.k_proj`, `${prefix}.blk.#.attn_k`],
    [`model.${hf}.layers.#.self_attn.v_proj`, `${prefix}.blk.#.attn_v`],
    [`model.${hf}.layers.#.self_attn.out_proj`, `${prefix}.blk.#.attn_o`],
    [`model.${hf}.layers.#.self_attn_layer_norm`, `${prefix}.blk.#.attn_norm`],
  ] as const
}

/** The feed-forward block and cross-attention of models without experts. */
export const hfDenseTensors = [
  ['model.encoder.layers.#.fc1', 'enc.blk.#.ffn_up'],
  ['model.encoder.layers.#.fc2', 'enc.blk.#.ffn_down'],
  ['model.encoder.layers.#.final_layer_norm', 'enc.blk.#.ffn_norm'],
  ['model.decoder.layers.#.fc1', 'dec.blk.#.ffn_up'],
  ['model.decoder.layers.#.fc2', 'dec.blk.#.ffn_down'],
  ['model.decoder.layers.#.final_layer_norm', 'dec.blk.#.ffn_norm'],
  ['model.decoder.layers.#.encoder_attn.q_proj', 'dec.blk.#.cross_attn_q'],
  ['model.decoder.layers.#.encoder_attn.k_proj', 'dec.blk.#.cross_attn_k'],
  ['model.decoder.layers.#.encoder_attn.v_proj', 'dec.blk.#.cross_attn_v'],
  ['model.decoder.layers.#.encoder_attn.out_proj', 'dec.blk.#.cross_attn_o'],
  ['model.decoder.layers.#.encoder_attn_layer_norm', 'dec.blk.#.cross_attn_norm'],
] as const satisfies readonly (readonly [hf: string, gguf: string])[]

const positionsName = 'position_embd'

/** Names of the table of embeddings; checkpoints keep a shared one under any of them, or all. */
const tableNames = ['token_embd.weight', 'dec.token_embd.weight', 'enc.token_embd.weight', 'output.weight']

/** Adds the table of positions, which checkpoints leave out or hold as it would be computed; keeps one copy of shared embeddings. */
export function addSinusoids(
  weights: ReadonlyMap<string, WeightSource>,
  { width, contextLength, sharesEmbeddings }: AbsoluteConfig,
  spacing: Pick<Sinusoids, 'spacing' | 'offset'>,
): Map<string, WeightSource> {
  const table = sinusoidSource(positionsName, { positions: contextLength, width, ...spacing })
  const shared = tableNames.map((name) => weights.get(name)).find((source) => source !== undefined)
  const all = new Map([...weights, [positionsName, table]])
  if (!sharesEmbeddings || shared === undefined) return all
  for (const name of tableNames) all.delete(name)
  return all.set(tableNames[0], { ...shared, name: tableNames[0] })
}

/** Reads the source and stores the memories. */
export function absoluteEncoder(
  g: Graph,
  weights: Weights,
  config: AbsoluteConfig,
  options: ForwardOptions,
  feedForward: FeedForwardPart = denseFeedForward(g, config),
): void {
  const { encoder, width } = config
  const attention = { scale: encoder.headDim ** -0.5, cache: encoderCache(g, config) }
  const embedded = embedInputs(g, weights, config, 'encoder') // [T, D]
  const stack = { side: 'encoder', layers: encoder.layers } as const
  const stream = runStack(g, embedded, weights, stack, options, (x, w, layer) => {
    const attended = withNorm(g, x, w, config, 'attn', (input) =>
      stackAttention(g, input, w, width, encoder, attention),
    )
    return withNorm(g, attended, w, config, 'ffn', (input) => feedForward(input, w, 'encoder', layer)) // [T, D]
  })
  const encoded = config.norms === 'before' ? norm(g, stream, weights, config, 'enc.output_norm') : stream // [T, D]
  if (options.hidden === true) g.output('encoder.output', encoded)
  storeMemories(g, encoded, weights, config)
}

/** Continues the target: outputs `logits` [R, V]. */
export function absoluteDecoder(
  g: Graph,
  weights: Weights,
  config: AbsoluteConfig,
  options: ForwardOptions,
  feedForward: FeedForwardPart = denseFeedForward(g, config),
): void {
  const { decoder, width } = config
  const attention = { scale: decoder.headDim ** -0.5, cache: undefined }
  const embedded = embedInputs(g, weights, config, 'decoder') // [T, D]
  const stack = { side: 'decoder', layers: decoder.layers } as const
  const stream = runStack(g, embedded, weights, stack, options, (x, w, layer) => {
    const attended = withNorm(g, x, w, config, 'attn', (input) =>
      stackAttention(g, input, w, width, decoder, attention),
    )
    const crossed = withNorm(g, attended, w, config, 'cross_attn', (input) => {
      return crossAttention(g, input, w, config, attention.scale)
    }) // [T, D]
    return withNorm(g, crossed, w, config, 'ffn', (input) => feedForward(input, w, 'decoder', layer)) // [T, D]
  })
  const asked = rows(g, stream, g.input('rows'), 'output_rows') // [R, D]
  const normed = config.norms === 'before' ? norm(g, asked, weights, config, 'dec.output_norm') : asked // [R, D]
  const table = tokenTable(weights, width, 'decoder')
  const V = table.shape[0] as number
  const output = {
    weight: weights.optional('output.weight', [V, width]) ?? table,
    bias: weights.optional('output.bias', [V]),
  }
  g.output('logits', linear(g, normed, output, 'logits')) // [R, V]
}

/** down(kind(up(x))) */
export function denseFeedForward(g: Graph, config: AbsoluteConfig): FeedForwardPart {
  const { width, activation: kind } = config
  return (x, weights, side) => {
    const { feedForward: F } = config[side]
    const up = linear(g, x, readLinear(weights, 'ffn_up', F, width), 'ffn_up') // [T, F]
    return linear(g, activation(g, up, kind, 'ffn_activation'), readLinear(weights, 'ffn_down', width, F), 'ffn_down')
  }
}

/** x + part(norm(x)), or norm(x + part(x)). */
function withNorm(
  g: Graph,
  x: Tensor,
  weights: Weights,
  config: AbsoluteConfig,
  name: string,
  part: (x: Tensor) => Tensor,
): Tensor {
  const normed = (input: Tensor): Tensor => norm(g, input, weights, config, `${name}_norm`)
  if (config.norms === 'before') return add(g, x, part(normed(x)), `${name}_residual`)
  return normed(add(g, x, part(x), `${name}_residual`))
}

function norm(g: Graph, x: Tensor, weights: Weights, { width, normEpsilon }: AbsoluteConfig, name: string): Tensor {
  const weight = weights.tensor(`${name}.weight`, [width])
  return layerNorm(g, x, weight, weights.tensor(`${name}.bias`, [width]), normEpsilon, name)
}

function embedInputs(g: Graph, weights: Weights, config: AbsoluteConfig, side: Side): Tensor {
  const { width, contextLength, embeddingScale } = config
  const tokens = embedding(g, tokenTable(weights, width, side), g.input('tokens'), 'token_embd') // [T, D]
  const scaled = embeddingScale === 1 ? tokens : scale(g, tokens, embeddingScale, 'token_embd_scaled') // [T, D]
  const table = weights.tensor(positionsName, [contextLength, width])
  return add(g, scaled, embedding(g, table, g.input('positions'), 'position_embd'), 'embedded') // [T, D]
}

/** The table of one side, where Marian has a vocabulary for each, or the one of both. */
function tokenTable(weights: Weights, width: number, side: Side): Tensor {
  const own = `${sidePrefix[side]}token_embd.weight`
  const name = weights.has(own) ? own : 'token_embd.weight'
  return weights.tensor(name, [weights.shapeOf(name)[0], width])
}
