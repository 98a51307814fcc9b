/** The part of a configuration that all decoders share, from GGUF metadata and from config.json. */
import type { GluKind } from '../../tensor/ops/index.ts'
import { OstroError } from '../../util/error.ts'
import type { DecoderConfig } from '../architecture.ts'
import {
  optionalCount,
  optionalNumber,
  optionalNumbers,
  optionalObject,
  optionalString,
  readCount,
  readNumber,
  readPositive,
  refuseField,
  withPrefix,
} from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import { yarnAttentionFactor } from './rope.ts'
import type { RopeConfig, RopeScaling } from './rope.ts'

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

function scalingFromGguf(fields: ConfigFields): RopeScaling {
  const kind = optionalString(fields, 'rope.scaling.type')
  const linear = optionalNumber(fields, 'rope.scale_linear')
  if (kind === undefined && linear !== undefined && linear !== 1) return { kind: 'linear', factor: linear }
  if (kind === undefined || kind === 'none') return { kind: 'none' }
  if (kind === 'linear') return { kind, factor: readPositive(fields, 'rope.scaling.factor') }
  if (kind === 'yarn') {
    const factor = readPositive(fields, 'rope.scaling.factor')
    return {
      kind,
      factor,
      originalContext: readCount(fields, 'rope.scaling.original_context_length'),
      betaFast: readPositive(fields, 'rope.scaling.yarn_beta_fast', 32),
      betaSlow: readPositive(fields, 'rope.scaling.yarn_beta_slow', 1),
      // GGUF's factor comes on top of the one that follows from the stretch.
      attentionFactor: readPositive(fields, 'rope.scaling.attn_factor', 1) * yarnAttentionFactor(factor),
    }
  }
  if (kind === 'longrope') return longRopeFromGguf(fields)
  throw new OstroError('unsupported', `${fields.source}: rope scaling '${kind}' is not known.`, { scaling: kind })
}

/** LongRoPE, whose divisors GGUF holds as tensors. */
export function longRopeFromGguf(fields: ConfigFields): RopeScaling {
  const originalContext = readCount(fields, 'rope.scaling.original_context_length')
  return {
    kind: 'longrope',
    originalContext,
    factor: readCount(fields, 'context_length') / originalContext,
    attentionFactor: optionalNumber(fields, 'rope.scaling.attn_factor'),
    shortFactors: undefined,
    longFactors: undefined,
  }
}

/** transformers 5 keeps all in `rope_parameters`; earlier versions have `rope_theta` beside `rope_scaling`. */
function ropeFromHf(config: ConfigFields, headDim: number): RopeConfig {
  const parameters = optionalObject(config, 'rope_parameters')
  const scaling = parameters ?? optionalObject(config, 'rope_scaling')
  const share =
    (parameters && optionalNumber(parameters, 'partial_rotary_factor')) ??
    optionalNumber(config, 'partial_rotary_factor')
  return {
    style: 'neox',
    dims: Math.trunc(headDim * (share ?? 1)),
    base: (parameters && optionalNumber(parameters, 'rope_theta')) ?? readPositive(config, 'rope_theta', 10_000),
    scaling: scaling === undefined ? { kind: 'none' } : scalingFromHf(scaling, config),
  }
}

/** `scaling` is the object that has `rope_type`; some models keep the original context beside it, in `config`. */
export function scalingFromHf(scaling: ConfigFields, config: ConfigFields): RopeScaling {
  const kind = optionalString(scaling, 'rope_type') ?? optionalString(scaling, 'type') ?? 'default'
  const originalContext = () =>
    optionalCount(scaling, 'original_max_position_embeddings') ??
    readCount(config, 'original_max_position_embeddings', readCount(config, 'max_position_embeddings'))
  switch (kind) {
    case 'default':
      return { kind: 'none' }
    case 'linear':
      return { kind, factor: readPositive(scaling, 'factor') }
    case 'llama3':
      return {
        kind,
        factor: readPositive(scaling, 'factor'),
        lowFrequencyFactor: readPositive(scaling, 'low_freq_factor'),
        highFrequencyFactor: readPositive(scaling, 'high_freq_factor'),
        originalContext: originalContext(),
      }
    case 'yarn':
      return {
        kind,
        factor: readPositive(scaling, 'factor'),
        originalContext: originalContext(),
        betaFast: readPositive(scaling, 'beta_fast', 32),
        betaSlow: readPositive(scaling, 'beta_slow', 1),
        attentionFactor: optionalNumber(scaling, 'attention_factor'),
      }
    case 'longrope':
    case 'su': // the name that the first Phi-3 files had
      return {
        kind: 'longrope',
        originalContext: originalContext(),
        factor: stretchOf(scaling, config, originalContext()),
        attentionFactor: optionalNumber(scaling, 'attention_factor'),
        shortFactors:
          optionalNumbers(scaling, 'short_factor') ?? refuseField(scaling, 'short_factor', 'a list', undefined),
        longFactors:
          optionalNumbers(scaling, 'long_factor') ?? refuseField(scaling, 'long_factor', 'a list', undefined),
      }
    default:
      throw new OstroError('unsupported', `${scaling.source}: rope type '${kind}' is not known.`, { scaling: kind })
  }
}

/** transformers prefers the ratio of the two contexts to the stated factor, where the model has both contexts. */
function stretchOf(scaling: ConfigFields, config: ConfigFields, originalContext: number): number {
  const ratio = readCount(config, 'max_position_embeddings') / originalContext
  return optionalCount(config, 'original_max_position_embeddings') === undefined
    ? (optionalNumber(scaling, 'factor') ?? ratio)
    : ratio
}

const hfActivations: Readonly<Record<string, GluKind>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu-erf',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_new: 'gelu-tanh',
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

/** Keys visible to a query; GGUF writes 0 for all. */
export function windowFromGguf(fields: ConfigFields): number | undefined {
  return readNumber(fields, 'attention.sliding_window', 0) === 0
    ? undefined
    : readCount(fields, 'attention.sliding_window')
}
