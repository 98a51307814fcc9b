/** What the configurations of all encoder-decoders share: bounds, and formats that do not exist. */
import { OstroError } from '../../util/error.ts'
import type { EncoderDecoderConfig } from '../architecture.ts'
import { refuseField } from '../config-fields.ts'
import type { ConfigFields } from '../config-fields.ts'

/** No model has more; each block costs graph nodes before a single weight is read. */
const mostLayers = 1024
const largestHead = 4096
/** Longest table of positions that is worked out. */
const mostPositions = 2 ** 16

export function checkStacks<C extends EncoderDecoderConfig>(fields: ConfigFields, config: C): C {
  for (const { layers, headDim } of [config.encoder, config.decoder]) {
    if (layers > mostLayers) refuseField(fields, 'number of layers', `at most ${mostLayers}`, layers)
    if (headDim > largestHead) refuseField(fields, 'size of a head', `at most ${largestHead}`, headDim)
  }
  if (config.contextLength > mostPositions) {
    refuseField(fields, 'greatest number of positions', `at most ${mostPositions}`, config.contextLength)
  }
  return config
}

/** @throws OstroError `unsupported`: no GGUF file states this architecture */
export function refuseGguf({ source }: ConfigFields): never {
  throw new OstroError('unsupported', `${source}: GGUF has no such architecture. Load the safetensors.`)
}
