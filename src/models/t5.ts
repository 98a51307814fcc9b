/** T5, its multilingual form mT5, and what is trained from them: Flan-T5, MADLAD-400. */
import type { Graph, Tensor } from '../tensor/graph.ts'
import { activation, glu } from '../tensor/ops/index.ts'
import type { GluKind } from '../tensor/ops/index.ts'
import type { Architecture } from './architecture.ts'
import { activationFromHf, architectureFields } from './blocks/decoder-config.ts'
import {
  addRelativeBiases,
  checkRelative,
  hfRelativeTensors,
  relativeDecoder,
  relativeEncoder,
  relativeFromHf,
} from './blocks/encoder-relative.ts'
import type { FeedForwardPart, RelativeConfig } from './blocks/encoder-relative.ts'
import { linear, readLinear } from './blocks/linear.ts'
import { fieldsOfObject, optionalString, readCount, readPositive } from './config-fields.ts'
import type { ConfigFields } from './config-fields.ts'

export interface T5Config extends RelativeConfig {
  /** Undefined where the file says by its tensors whether there is a gate (GGUF). */
  readonly activation: GluKind | undefined
}

export const t5: Architecture<T5Config> = {
  names: { gguf: ['t5'], hf: ['t5', 'mt5'], hfClasses: ['T5ForConditionalGeneration', 'MT5ForConditionalGeneration'] },
  configFromGguf(metadata) {
    const fields = architectureFields(metadata)
    const layers = readCount(fields, 'block_count')
    const decoderLayers = readCount(fields, 'decoder_block_count', layers)
    const sizes = {
      heads: readCount(fields, 'attention.head_count'),
      headDim: readCount(fields, 'attention.key_length'),
      feedForward: readCount(fields, 'feed_forward_length'),
    }
    return checkRelative(fields, {
      layers: decoderLayers,
      width: readCount(fields, 'embedding_length'),
      contextLength: readCount(fields, 'context_length'),
      normEpsilon: readPositive(fields, 'attention.layer_norm_rms_epsilon', 1e-6),
      encoder: { layers, ...sizes },
      decoder: { layers: decoderLayers, ...sizes },
      // GGUF has no key for the greatest distance; all published models have 128.
      distances: { buckets: readCount(fields, 'attention.relative_buckets_count'), maxDistance: 128 },
      scalesOutput: undefined,
      activation: undefined,
    })
  },
  configFromHf: (config) => ({ ...relativeFromHf(config), activation: activationOf(config) }),
  hfTensors: [...hfRelativeTensors, ...feedForwardTensors('encoder', 1), ...feedForwardTensors('decoder', 2)],
  adaptWeights: addRelativeBiases,
  ropes: () => ({}),

  forward(g, weights, config, options) {
    relativeDecoder(g, weights, config, options, feedForward(g, config))
  },
  forwardEncoder(g, weights, config, options) {
    relativeEncoder(g, weights, config, options, feedForward(g, config))
  },
}

function feedForwardTensors(side: 'encoder' | 'decoder', part: number) {
  const [hf, gguf] = [`${side}.block.#.layer.${part}.DenseReluDense`, `${side.slice(0, 3)}.blk.#`]
  return [
    [`${hf}.wi`, `${gguf}.ffn_up`],
    [`${hf}.wi_0`, `${gguf}.ffn_gate`],
    [`${hf}.wi_1`, `${gguf}.ffn_up`],
    [`${hf}.wo`, `${gguf}.ffn_down`],
  ] as const
}

/** `gated-gelu` is the tanh approximation, `gelu` alone the exact function; a stated `dense_act_fn` is what counts. */
function activationOf(config: ConfigFields): GluKind {
  const project = optionalString(config, 'feed_forward_proj') ?? 'relu'
  const name = project === 'gated-gelu' ? 'gelu_new' : project.replace(/^gated-/, '')
  const stated = optionalString(config, 'dense_act_fn') ?? name
  return activationFromHf(fieldsOfObject(config.source, { dense_act_fn: stated }), 'dense_act_fn', 'relu')
}

/** With a gate where the file has one: T5 1.1 and later. */
function feedForward(g: Graph, { width, encoder, decoder, activation: stated }: T5Config): FeedForwardPart {
  return (x: Tensor, weights, side) => {
    const { feedForward: F } = side === 'encoder' ? encoder : decoder
    const up = linear(g, x, readLinear(weights, 'ffn_up', F, width), 'ffn_up') // [T, F]
    const down = readLinear(weights, 'ffn_down', width, F)
    if (weights.optional('ffn_gate.weight', [F, width]) === undefined) {
      return linear(g, activation(g, up, stated ?? 'relu', 'ffn_activation'), down, 'ffn_down')
    }
    const gate = linear(g, x, readLinear(weights, 'ffn_gate', F, width), 'ffn_gate') // [T, F]
    return linear(g, glu(g, gate, up, stated ?? 'gelu-tanh', 'ffn_glu'), down, 'ffn_down')
  }
}
