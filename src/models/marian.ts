/** Marian, the OPUS-MT models: norms after each residual sum, a bias on the logits, positions that start at 0. */
import { reshapedSource } from '../tensor/weight-source.ts'
import type { Architecture } from './architecture.ts'
import {
  absoluteDecoder,
  absoluteEncoder,
  absoluteFromHf,
  addSinusoids,
  hfAbsoluteTensors,
  hfDenseTensors,
} from './blocks/encoder-absolute.ts'
import type { AbsoluteConfig } from './blocks/encoder-absolute.ts'
import { refuseGguf } from './blocks/encoder-config.ts'

export const marian: Architecture<AbsoluteConfig> = {
  names: { gguf: [], hf: ['marian'], hfClasses: ['MarianMTModel'] },
  configFromGguf: refuseGguf,
  configFromHf: (config) => absoluteFromHf(config, 'after'),
  hfTensors: [...hfAbsoluteTensors, ...hfDenseTensors, ['final_logits_bias', 'output.bias']],
  adaptWeights(weights, config) {
    const all = addSinusoids(weights, config, { spacing: 'vaswani', offset: 0 })
    const bias = weights.get('output.bias') // [1, V]
    if (bias !== undefined) all.set('output.bias', reshapedSource(bias, bias.shape.slice(-1)))
    return all
  },
  ropes: () => ({}),
  forward: absoluteDecoder,
  forwardEncoder: absoluteEncoder,
}
