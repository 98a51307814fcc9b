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

/** A count, or the word that stands for the usual one. */
export const timeStepRankFromHf = (config: ConfigFields, key: string, width: number): number =>
  config.get(key) === 'auto' ? Math.ceil(width / 16) : readCount(config, key)

/** The keys of the mixer; `ssm.time_step_rank` is the number of heads. */
export function mamba2FromGguf(fields: ConfigFields): Mamba2Sizes {
  return checkGroups(fields, {
    width: readCount(fields, 'embedding_length'),
    inner: readCount(fields, 'ssm.inner_size'),
    stateHeads: readCount(fields, 'ssm.time_step_rank'),
    groups: readCount(fields, 'ssm.group_count', 1),
    stateSize: readCount(fields, 'ssm.state_size'),
    convKernel: readCount(fields, 'ssm.conv_kernel'),
  })
}

/** @throws OstroError `invalid-file` where heads or groups do not divide what they share out. */
export function checkGroups(fields: ConfigFields, sizes: Mamba2Sizes): Mamba2Sizes {
  const { inner, stateHeads, groups } = sizes
  if (inner % stateHeads !== 0) refuseField(fields, 'number of heads', `a divisor of ${inner} channels`, stateHeads)
  if (stateHeads % groups !== 0) refuseField(fields, 'number of groups', `a divisor of ${stateHeads} heads`, groups)
  return sizes
}

/** Bounds of the step size are read so that a file that has them is refused. JSON writes infinity in many ways, so only the ends are looked at. */
export function expectUnlimitedSteps(config: ConfigFields): void {
  const limits = config.get('time_step_limit')
  if (limits === undefined) return
  const [least, most] = Array.isArray(limits) ? (limits as readonly unknown[]) : []
  if (least === 0 && (typeof most !== 'number' || most === Infinity)) return
  const message = `${config.source}: bounds of the step size (time_step_limit) are not known here.`
  throw new OstroError('unsupported', message, { key: 'time_step_limit' })
}
