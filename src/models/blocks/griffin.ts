/** What Griffin and Hawk share (De et al. 2024, section 2): the residual block, the recurrent block around the RG-LRU, their configuration. */
import { f32ToBf16, bf16ToF32 } from '../../quant/index.ts'
import type { WeightSource } from '../../tensor/device.ts'
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { add, convCausal, glu, rgLru, rmsNorm, scale, softcap } from '../../tensor/ops/index.ts'
import type { GluKind } from '../../tensor/ops/index.ts'
import { reshapedSource } from '../../tensor/weight-source.ts'
import type { ForwardOptions, ModelConfig } from '../architecture.ts'
import { optionalCount, optionalNumber, readCount, readNumber, refuseField } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { Weights } from '../weights.ts'
import { activationFromHf } from './decoder-config.ts'
import { embedTokens, projectLogits, runBlocks } from './decoder.ts'
import { gatedFeedForward, readFeedForward } from './feed-forward.ts'
import { linear, readLinear } from './linear.ts'

export interface GriffinConfig extends ModelConfig {
  /** F: inner width of the feed-forward block. */
  readonly feedForward: number
  /** R: channels of the recurrence. */
  readonly recurrentWidth: number
  /** Blocks of the block-diagonal gates; divides R. */
  readonly gateBlocks: number
  /** Tokens that the convolution sees, its own included. */
  readonly convWidth: number
  /** Bends logits into (-finalSoftcap, finalSoftcap); undefined: no bend. */
  readonly finalSoftcap: number | undefined
  /** Of the feed-forward blocks and of the gates of recurrent ones. */
  readonly activation: GluKind
}

/** Blocks that a configuration may state; see `decoder-config.ts`. */
const mostLayers = 1024
/** What the released models were trained on; their config.json does not say it. */
const trainedContext = 8192

export function griffinFromHf(config: ConfigFields): GriffinConfig {
  const width = readCount(config, 'hidden_size')
  const layers = readCount(config, 'num_hidden_layers')
  const recurrentWidth = optionalCount(config, 'lru_width') ?? width
  const gateBlocks = readCount(config, 'num_attention_heads')
  const convWidth = readCount(config, 'conv1d_width', 4)
  const bothWidths = readCount(config, 'intermediate_size', 6 * width)
  if (layers > mostLayers) refuseField(config, 'num_hidden_layers', `at most ${mostLayers}`, layers)
  if (recurrentWidth % gateBlocks !== 0) {
    refuseField(config, 'lru_width', `a multiple of ${gateBlocks} gate blocks`, recurrentWidth)
  }
  if (convWidth < 2) refuseField(config, 'conv1d_width', 'at least 2', convWidth)
  if (bothWidths % 2 !== 0) refuseField(config, 'intermediate_size', 'an even number', bothWidths)
  return {
    layers,
    width,
    contextLength: readCount(config, 'max_position_embeddings', trainedContext),
    normEpsilon: readNumber(config, 'rms_norm_eps', 1e-6),
    feedForward: bothWidths / 2, // the file counts gate and up together
    recurrentWidth,
    gateBlocks,
    convWidth,
    finalSoftcap: optionalNumber(config, 'logits_soft_cap') || undefined, // 0: none, as in the paper's models
    activation: activationFromHf(config, 'hidden_activation', 'gelu-tanh'),
  }
}

export const griffinTensors = [
  ['model.embed_tokens', 'token_embd'],
  ['model.final_norm', 'output_norm'],
  ['lm_head', 'output'],
  ['model.layers.#.temporal_pre_norm', 'blk.#.attn_norm'],
  ['model.layers.#.channel_pre_norm', 'blk.#.ffn_norm'],
  ['model.layers.#.mlp_block.gate_proj', 'blk.#.ffn_gate'],
  ['model.layers.#.mlp_block.up_proj', 'blk.#.ffn_up'],
  ['model.layers.#.mlp_block.down_proj', 'blk.#.ffn_down'],
  ['model.layers.#.temporal_block.linear_x', 'blk.#.recurrent_x'],
  ['model.layers.#.temporal_block.linear_y', 'blk.#.recurrent_gate'],
  ['model.layers.#.temporal_block.linear_out', 'blk.#.recurrent_output'],
  ['model.layers.#.temporal_block.conv_1d', 'blk.#.recurrent_conv'],
  ['model.layers.#.temporal_block.rg_lru.recurrent_param', 'blk.#.rg_lru_lambda'],
  ['model.layers.#.temporal_block.rg_lru.input_gate_weight', 'blk.#.rg_lru_input_gate.weight'],
  ['model.layers.#.temporal_block.rg_lru.input_gate_bias', 'blk.#.rg_lru_input_gate.bias'],
  ['model.layers.#.temporal_block.rg_lru.recurrent_gate_weight', 'blk.#.rg_lru_recurrent_gate.weight'],
  ['model.layers.#.temporal_block.rg_lru.recurrent_gate_bias', 'blk.#.rg_lru_recurrent_gate.bias'],
] as const satisfies readonly (readonly [hf: string, own: string])[]

/** Hugging Face keeps the convolution as [R, 1, convWidth]. */
export function flattenConvolutions(
  weights: ReadonlyMap<string, WeightSource>,
  { recurrentWidth, convWidth }: GriffinConfig,
): Map<string, WeightSource> {
  const flat = [...weights].map(([name, source]): [string, WeightSource] =>
    name.endsWith('.recurrent_conv.weight')
      ? [name, reshapedSource(source, [recurrentWidth, convWidth])]
      : [name, source],
  )
  return new Map(flat)
}

/** Writes a whole model; `temporal` is what mixes the tokens of one layer, [T, D] -> [T, D]. */
export function writeGriffin(
  g: Graph,
  weights: Weights,
  config: GriffinConfig,
  options: ForwardOptions,
  temporal: (x: Tensor, weights: Weights, layer: number) => Tensor,
): void {
  const { width, normEpsilon, finalSoftcap, activation } = config
  // The authors round the factor whatever the type of the weights is.
  const embeddingScale = bf16ToF32(f32ToBf16(Math.sqrt(width)))
  const embedded = scale(g, embedTokens(g, weights, config), embeddingScale, 'token_embd_scaled') // [T, D]
  const stream = runBlocks(g, embedded, weights, config, options, (x, w, layer) => {
    const attnNorm = rmsNorm(g, x, w.tensor('attn_norm.weight', [width]), normEpsilon, 'attn_norm')
    const mixed = add(g, x, temporal(attnNorm, w, layer), 'temporal_residual') // [T, D]
    const ffnNorm = rmsNorm(g, mixed, w.tensor('ffn_norm.weight', [width]), normEpsilon, 'ffn_norm')
    return add(g, mixed, gatedFeedForward(g, ffnNorm, readFeedForward(w, config), activation), 'ffn_residual')
  })
  const logits = projectLogits(g, stream, weights, config, options) // [R, V]
  g.output('logits', finalSoftcap === undefined ? logits : softcap(g, logits, finalSoftcap, 'logits_capped'))
}

/** out(activation(gate(x)) * rgLru(conv(x(x)))): x [T, D] -> [T, D] */
export function recurrentBlock(g: Graph, x: Tensor, w: Weights, config: GriffinConfig): Tensor {
  const { width, recurrentWidth: R, gateBlocks, convWidth, activation } = config
  const gate = linear(g, x, readLinear(w, 'recurrent_gate', R, width), 'recurrent_gate') // [T, R]
  const u = linear(g, x, readLinear(w, 'recurrent_x', R, width), 'recurrent_x') // [T, R]
  const convWeight = w.tensor('recurrent_conv.weight', [R, convWidth])
  const convolved = convCausal(g, u, convWeight, w.tensor('recurrent_conv.bias', [R]), 'conv') // [T, R]
  const blockWidth = R / gateBlocks
  const h = rgLru(
    g,
    {
      x: convolved,
      lambda: w.tensor('rg_lru_lambda', [R]),
      inputGate: w.tensor('rg_lru_input_gate.weight', [gateBlocks, blockWidth, blockWidth]),
      inputGateBias: w.tensor('rg_lru_input_gate.bias', [gateBlocks, blockWidth]),
      recurrentGate: w.tensor('rg_lru_recurrent_gate.weight', [gateBlocks, blockWidth, blockWidth]),
      recurrentGateBias: w.tensor('rg_lru_recurrent_gate.bias', [gateBlocks, blockWidth]),
    },
    'lru',
  ) // [T, R]
  const gated = glu(g, gate, h, activation, 'recurrent_gated')
  return linear(g, gated, readLinear(w, 'recurrent_output', width, R), 'recurrent_output')
}
