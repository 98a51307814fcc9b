/** The part of a configuration that all decoders share, from GGUF metadata and from config.json. */
import type { GluKind } from '../../tensor/ops/index.ts'
import { OstroError } from '../../util/error.ts'
import type { DecoderConfig } from '../architecture.ts'
import {
  optionalCount,
  optionalNumber,
  optionalNumbers,
  optionalString,
  readCount,
  readNumber,
  readPositive,
  refuseField,
  withPrefix,
} from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { RopeConfig } from './rope.ts'
import { ropeFromHf, scalingFromGguf } from './rope-config.ts'

/** Blocks that a configuration may state: no model has more, and each costs graph nodes before a single weight is read. */
const mostLayers = 1024

/** Keys of `general.architecture` itself: `block_count` instead of `llama.block_count`. */
export function architectureFields(metadata: ConfigFields): ConfigFields {
  const name = optionalString(metadata, 'general.architecture')
  return withPrefix(metadata, `${name ?? refuseField(metadata, 'general.architecture', 'a name', name)}.`)
}

/** Values of a head: bounds the tables of rotations that are computed before any weight is read. */
const largestHead = 4096

export function decoderFromGguf(fields: ConfigFields, style: RopeConfig['style']): DecoderConfig {
  const width = readCount(fields, 'embedding_length')
  const heads = readCount(fields, 'attention.head_count')
  const headDim = optionalCount(fields, 'attention.key_length') ?? evenHeads(fields, 'embedding_length', width, heads)
  const valueDim = optionalCount(fields, 'attention.value_length') ?? headDim
  if (valueDim !== headDim)
    refuseField(fields, 'attention.value_length', `${headDim}, as attention.key_length`, valueDim)
  const base = readPositive(fields, 'rope.freq_base', 10_000)
  return checkDecoder(fields, 'attention.head_count_kv', {
    layers: readCount(fields, 'block_count'),
    width,
    heads,
    kvHeads: optionalCount(fields, 'attention.head_count_kv') ?? heads,
    headDim,
    feedForward: readCount(fields, 'feed_forward_length'),
    contextLength: readCount(fields, 'context_length'),
    normEpsilon: readNumber(
      fields,
      'attention.layer_norm_rms_epsilon',
      optionalNumber(fields, 'attention.layer_norm_epsilon'),
    ),
    rope: {
      style,
      dims: optionalCount(fields, 'rope.dimension_count') ?? headDim,
      base,
      scaling: scalingFromGguf(fields),
    },
  })
}

export function decoderFromHf(config: ConfigFields): DecoderConfig {
  const width = readCount(config, 'hidden_size')
  const heads = readCount(config, 'num_attention_heads')
  const headDim = optionalCount(config, 'head_dim') ?? evenHeads(config, 'hidden_size', width, heads)
  return checkDecoder(config, 'num_key_value_heads', {
    layers: readCount(config, 'num_hidden_layers'),
    width,
    heads,
    kvHeads: optionalCount(config, 'num_key_value_heads') ?? heads,
    headDim,
    feedForward: readCount(config, 'intermediate_size'),
    contextLength: readCount(config, 'max_position_embeddings'),
    normEpsilon: readNumber(config, 'rms_norm_eps', 1e-6),
    rope: ropeFromHf(config, headDim),
  })
}

function evenHeads(fields: ConfigFields, key: string, width: number, heads: number): number {
  return width % heads === 0 ? width / heads : refuseField(fields, key, `a multiple of ${heads} heads`, width)
}

/** @throws OstroError `invalid-file` where sizes do not go together. */
export function checkDecoder(fields: ConfigFields, kvKey: string, config: DecoderConfig): DecoderConfig {
  const { layers, heads, kvHeads, headDim, rope } = config
  if (layers > mostLayers) refuseField(fields, 'number of layers', `at most ${mostLayers}`, layers)
  if (heads % kvHeads !== 0) refuseField(fields, kvKey, `a divisor of ${heads} heads`, kvHeads)
  if (headDim > largestHead) refuseField(fields, 'size of a head', `at most ${largestHead}`, headDim)
  if (rope.dims < 2 || rope.dims % 2 !== 0 || rope.dims > headDim) {
    refuseField(fields, 'rope dimensions', `an even number up to ${headDim}`, rope.dims)
  }
  return config
}

const hfActivations: Readonly<Record<string, GluKind>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu-erf',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_python: 'gelu-erf',
  relu: 'relu',
}

/** @throws OstroError `unsupported` for a function that no feed-forward block here has. */
export function activationFromHf(config: ConfigFields, key: string, fallback: GluKind): GluKind {
  const name = optionalString(config, key)
  if (name === undefined) return fallback
  const kind = Object.hasOwn(hfActivations, name) ? hfActivations[name] : undefined
  if (kind !== undefined) return kind
  throw new OstroError('unsupported', `${config.source}: activation '${name}' at '${key}' is not known.`, {
    activation: name,
  })
}

/** Decoders made into encoders share a name with those that are none. @throws OstroError `unsupported` for them. */
export function expectCausal(config: ConfigFields): void {
  const key = 'use_bidirectional_attention'
  if (config.get(key) !== true) return
  const message = `${config.source}: attention to later tokens (${key}) is not known here; a decoder sees only what came before.`
  throw new OstroError('unsupported', message, { key })
}

/** GGUF lists the heads of keys and values for each block, 0 for those that do not attend. */
export function attendingHeads(fields: ConfigFields): ConfigFields {
  const key = 'attention.head_count_kv'
  const list = typeof fields.get(key) === 'object' ? optionalNumbers(fields, key) : undefined
  const most = list?.reduce((a, b) => Math.max(a, b), 0)
  return { source: fields.source, get: (name) => (name === key ? (most ?? fields.get(key)) : fields.get(name)) }
}

/** Keys visible to a query; GGUF writes 0 for all. */
export function windowFromGguf(fields: ConfigFields): number | undefined {
  return readNumber(fields, 'attention.sliding_window', 0) === 0
    ? undefined
    : readCount(fields, 'attention.sliding_window')
}
