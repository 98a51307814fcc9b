/** How files state rotary positions: GGUF metadata, and config.json as transformers 5 and as earlier versions write it. */
import { OstroError } from '../../util/error.ts'
import {
  optionalCount,
  optionalNumber,
  optionalNumbers,
  optionalObject,
  optionalString,
  readCount,
  readPositive,
  refuseField,
} from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import { yarnAttentionFactor } from './rope.ts'
import type { RopeConfig, RopeScaling } from './rope.ts'

export function scalingFromGguf(fields: ConfigFields): RopeScaling {
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
      truncate: true,
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
export function ropeFromHf(config: ConfigFields, headDim: number): RopeConfig {
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

/** transformers 5 keeps a set of parameters by kind of layer where they differ; `plain` says what that leaves out. Undefined without one. */
export function ropeOfLayerType(config: ConfigFields, kind: string, plain: RopeConfig): RopeConfig | undefined {
  const parameters = optionalObject(config, 'rope_parameters')
  const own = parameters && optionalObject(parameters, kind)
  if (own === undefined) return undefined
  return { ...plain, base: readPositive(own, 'rope_theta', plain.base), scaling: scalingFromHf(own, config) }
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
    case 'dynamic':
      return {
        kind,
        factor: readPositive(scaling, 'factor'),
        originalContext: readCount(config, 'max_position_embeddings'),
      }
    case 'yarn':
      return yarnFromHf(scaling, config, originalContext())
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

function yarnFromHf(scaling: ConfigFields, config: ConfigFields, originalContext: number): RopeScaling {
  const factor =
    optionalNumber(scaling, 'factor') === undefined
      ? readCount(config, 'max_position_embeddings') / originalContext
      : readPositive(scaling, 'factor')
  // DeepSeek states the sharpening of the rotated part relative to that of all dimensions.
  const [rotated, all] = [optionalNumber(scaling, 'mscale'), optionalNumber(scaling, 'mscale_all_dim')]
  const relative = rotated && all && yarnAttentionFactor(factor, rotated) / yarnAttentionFactor(factor, all)
  return {
    kind: 'yarn',
    factor,
    originalContext,
    betaFast: readPositive(scaling, 'beta_fast', 32),
    betaSlow: readPositive(scaling, 'beta_slow', 1),
    truncate: scaling.get('truncate') !== false,
    attentionFactor: optionalNumber(scaling, 'attention_factor') ?? (relative || undefined),
  }
}

/** transformers prefers the ratio of the two contexts to the stated factor, where the model has both contexts. */
function stretchOf(scaling: ConfigFields, config: ConfigFields, originalContext: number): number {
  const ratio = readCount(config, 'max_position_embeddings') / originalContext
  return optionalCount(config, 'original_max_position_embeddings') === undefined
    ? (optionalNumber(scaling, 'factor') ?? ratio)
    : ratio
}
