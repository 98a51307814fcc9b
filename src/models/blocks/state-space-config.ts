/** What the configurations of state-space models share. */
import { OstroError } from '../../util/error.ts'
import { readCount, refuseField } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'
import { activationFromHf } from './decoder-config.ts'
import type { MambaSizes } from './mamba-mixer.ts'
import type { Mamba2Sizes } from './mamba2-mixer.ts'

/** Tokens that a model without positions is said to take: what llama.cpp's converter writes. */
export const unboundedContext = 2 ** 20

/** Blocks that a configuration may state: no model has more, and each costs graph nodes before a single weight is read. */
const mostLayers = 1024

export const layersFromGguf = (fields: ConfigFields): number => boundedLayers(fields, 'block_count')

export const layersFromHf = (config: ConfigFields): number => boundedLayers(config, 'num_hidden_layers')

/** @throws OstroError `unsupported` for an activation that the mixers here do not have */
export function expectSilu(config: ConfigFields): void {
  const kind = activationFromHf(config, 'hidden_act', 'silu')
  if (kind === 'silu') return
  const message = `${config.source}: activation '${kind}' of a state-space layer is not known; they have silu.`
  throw new OstroError('unsupported', message, { activation: kind })
}

function boundedLayers(fields: ConfigFields, key: string): number {
  const layers = readCount(fields, key)
  return layers <= mostLayers ? layers : refuseField(fields, key, `at most ${mostLayers} layers`, layers)
}

export const mambaFromGguf = (fields: ConfigFields): MambaSizes => ({
  width: readCount(fields, 'embedding_length'),
  inner: readCount(fields, 'ssm.inner_size'),
  stateSize: readCount(fields, 'ssm.state_size'),
  convKernel: readCount(fields, 'ssm.conv_kernel'),
  timeStepRank: readCount(fields, 'ssm.time_step_rank'),
})

/** A count, or the word that stands for the usual one, which is the default. */
export const timeStepRankFromHf = (config: ConfigFields, key: string, width: number): number =>
  (config.get(key) ?? 'auto') === 'auto' ? Math.ceil(width / 16) : readCount(config, key)

/** The keys of the mixer; `ssm.time_step_rank` is the number of heads. */
export function mamba2FromGguf(fields: ConfigFields): Mamba2Sizes {
  return checkGroups(fields, {
    width: readCount(fields, 'embedding_length'),
    inner: readCount(fields, 'ssm.inner_size'),
    stateHeads: readCount(fields, 'ssm.time_step_rank'),
    groups: readCount(fields, 'ssm.group_count', 1),
    stateSize: readCount(fields, 'ssm.state_size'),
    convKernel: readCount(fields, 'ssm.conv_kernel'),
    // GGUF has no keys for these.
    stepBounds: [0, Infinity],
    normFirst: false,
  })
}

/** @throws OstroError `invalid-file` where heads or groups do not divide what they share out. */
export function checkGroups(fields: ConfigFields, sizes: Mamba2Sizes): Mamba2Sizes {
  const { inner, stateHeads, groups } = sizes
  if (inner % stateHeads !== 0) refuseField(fields, 'number of heads', `a divisor of ${inner} channels`, stateHeads)
  if (stateHeads % groups !== 0) refuseField(fields, 'number of groups', `a divisor of ${stateHeads} heads`, groups)
  return sizes
}

/**
 * `time_step_limit`, [0, Infinity] by default. JSON has no infinity, so files write it in several ways.
 *
 * @throws OstroError `invalid-file` unless it is two numbers, the least first
 */
export function stepBoundsFromHf(config: ConfigFields): Mamba2Sizes['stepBounds'] {
  const key = 'time_step_limit'
  const limits = config.get(key)
  if (limits === undefined) return [0, Infinity]
  const [least, most] = Array.isArray(limits) ? limits.map(numberOf) : []
  if (least !== undefined && most !== undefined && least >= 0 && least <= most) return [least, most]
  return refuseField(config, key, 'the least step, at least 0, and the greatest', limits)
}

/** A number, or one that transformers spells out: `{ __float__: 'Infinity' }`. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'object' && value !== null && '__float__' in value) return numberOf(value.__float__)
  const number = typeof value === 'string' && /^\+?inf(inity)?$/i.test(value) ? Infinity : value
  return typeof number === 'number' ? number : undefined
}
