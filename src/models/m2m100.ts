/** M2M-100 and NLLB-200: many languages, norms before each part, positions that start at 2. */
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
import { readNumber } from './config-fields.ts'
import { refuseGguf } from './blocks/encoder-config.ts'

export interface M2m100Config extends AbsoluteConfig {
  /** Id of the padding token: positions are counted from the one after it. */
  readonly padToken: number
}

export const m2m100: Architecture<M2m100Config> = {
  names: { gguf: [], hf: ['m2m_100'], hfClasses: ['M2M100ForConditionalGeneration'] },
  configFromGguf: refuseGguf,
  configFromHf: (config) => ({
    ...absoluteFromHf(config, 'before'),
    padToken: readNumber(config, 'pad_token_id', 1),
  }),
  hfTensors: [...hfAbsoluteTensors, ...hfDenseTensors],
  adaptWeights: (weights, config) => addSinusoids(weights, config, { spacing: 'fairseq', offset: config.padToken + 1 }),
  ropes: () => ({}),
  forward: absoluteDecoder,
  forwardEncoder: absoluteEncoder,
}
