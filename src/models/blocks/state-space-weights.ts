/** Weights of state-space layers in the form that our graphs read, which is GGUF's up to dimensions of one. */
import type { WeightSource } from '../../tensor/device.ts'
import { countElements } from '../../tensor/shape.ts'
import { constantSource, mappedSource, reshapedSource } from '../../tensor/weight-source.ts'
import type { WeightFormat } from '../architecture.ts'
import { onesName } from './mamba2-mixer.ts'
import type { Mamba2Sizes } from './mamba2-mixer.ts'

/**
 * `ssm_a` is A itself, which Hugging Face stores as log(-A). The convolution is [C, K] and has a bias. Where there is one step size for
 * each head (`perHead`), `ssm_a` and `ssm_d` are vectors [H], and the norm of all groups is one vector.
 */
export function adaptStateSpace(
  weights: ReadonlyMap<string, WeightSource>,
  format: WeightFormat,
  { perHead }: { readonly perHead: boolean },
): Map<string, WeightSource> {
  const adapted = new Map(weights)
  for (const [name, source] of weights) {
    const field = name.replace(/^blk\.\d+\./, '')
    const flat = (): WeightSource => reshapedSource(source, [countElements(source.shape)])
    if (field === 'ssm_a') {
      const a = format === 'gguf' ? source : mappedSource(source, (logarithm) => -Math.exp(logarithm))
      adapted.set(name, perHead ? reshapedSource(a, [countElements(a.shape)]) : a)
    } else if (perHead && (field === 'ssm_d' || field === 'ssm_norm.weight')) adapted.set(name, flat())
    else if (field === 'ssm_conv1d.weight') {
      const [channels = 0] = source.shape
      adapted.set(name, reshapedSource(source, [channels, countElements(source.shape) / channels]))
      const bias = name.replace('.weight', '.bias')
      if (!weights.has(bias)) adapted.set(bias, constantSource(bias, new Float32Array(channels)))
    }
  }
  return adapted
}

/** The same for Mamba-2, with the ones that its norm over several groups needs. */
export function adaptMamba2(
  weights: ReadonlyMap<string, WeightSource>,
  format: WeightFormat,
  { inner, groups }: Mamba2Sizes,
): Map<string, WeightSource> {
  const adapted = adaptStateSpace(weights, format, { perHead: true })
  if (groups > 1) adapted.set(onesName, constantSource(onesName, new Float32Array(inner / groups).fill(1)))
  return adapted
}
