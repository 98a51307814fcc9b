/** What one architecture file provides: how its configuration reads, how its tensors are called, and its mathematics. */
import type { WeightSource } from '../tensor/device.ts'
import type { Graph } from '../tensor/graph.ts'
import type { RopeConfig } from './blocks/rope.ts'
import type { ConfigFields } from './config-fields.ts'
import type { Weights } from './weights.ts'

/** What every model has. */
export interface ModelConfig {
  /** Blocks. */
  readonly layers: number
  /** D: the residual stream. */
  readonly width: number
  /** Tokens that the model was made for. */
  readonly contextLength: number
  /** Epsilon of all norms. */
  readonly normEpsilon: number
}

/** What every decoder with attention has; an architecture adds its own fields. */
export interface DecoderConfig extends ModelConfig {
  /** H: query heads. */
  readonly heads: number
  /** K: key and value heads; divides `heads`. */
  readonly kvHeads: number
  readonly headDim: number
  /** F: inner width of the feed-forward block. */
  readonly feedForward: number
  readonly rope: RopeConfig
}

/** One side of an encoder-decoder. */
export interface StackConfig {
  /** Blocks. */
  readonly layers: number
  /** H: heads of queries, keys and values. */
  readonly heads: number
  readonly headDim: number
  /** F: inner width of the feed-forward block. */
  readonly feedForward: number
}

/** A model that reads a whole source before it writes; `layers` are the decoder's. */
export interface EncoderDecoderConfig extends ModelConfig {
  readonly encoder: StackConfig
  readonly decoder: StackConfig
}

export interface ForwardOptions {
  /**
   * `'norm'`: also output `hidden.norm` [R, D], the states after the final norm, as embeddings need them. `true`: besides, `hidden.0`
   * (the input of block 0) and `hidden.n` (the output of block n - 1) [T, D]; encoder-decoders name them `encoder.hidden.n`,
   * `encoder.output` (after the final norm) and `decoder.hidden.n`. Default false.
   */
  readonly hidden?: boolean | 'norm'
}

export type WeightFormat = 'gguf' | 'safetensors'

/** Methods, not function fields: a list holds architectures with different configurations. */
export interface Architecture<C extends ModelConfig = ModelConfig> {
  readonly names: {
    /** `general.architecture` of GGUF files. */
    readonly gguf: readonly string[]
    /** `model_type` of config.json. */
    readonly hf: readonly string[]
    /** `architectures` of config.json, for files whose `model_type` says nothing. */
    readonly hfClasses: readonly string[]
  }
  /** Where several architectures share a name: whether these fields mean this one. The first in the registry wins. Default: always. */
  accepts?(fields: ConfigFields): boolean
  /** @throws OstroError `invalid-file` naming the key that is missing or out of range. */
  configFromGguf(metadata: ConfigFields): C
  /** Reads the field names of transformers 5 and of earlier versions. @throws OstroError `invalid-file` naming the key. */
  configFromHf(config: ConfigFields): C
  /**
   * Names of a Hugging Face checkpoint and of GGUF, without `.weight` or `.bias`; `#` stands for the number of the layer, `*` for that
   * of an expert. A tensor whose whole name is in the list (`mixer.A_log`) gets the name beside it as it stands.
   */
  readonly hfTensors: readonly (readonly [hf: string, gguf: string])[]
  /** True where Hugging Face stores a norm's weight minus one and GGUF the weight itself. */
  readonly hfNormsMinusOne?: boolean
  /** Gives the tensors, by GGUF name, the shapes and values that `forward` reads where the formats differ. Default: as they are. */
  adaptWeights?(weights: ReadonlyMap<string, WeightSource>, config: C, format: WeightFormat): Map<string, WeightSource>
  /** Vectors computed from the configuration: name -> rope settings of the inverse frequencies. Empty without rotary positions. */
  ropes(config: C): Readonly<Record<string, RopeConfig>>
  /** Writes the graph with outputs `logits` [R, V] and, when asked, `hidden.*`. @throws OstroError `invalid-file`. */
  forward(g: Graph, weights: Weights, config: C, options: ForwardOptions): void
  /**
   * Encoder-decoders only: writes the graph that reads the source and stores the memory of each layer of the decoder, whose graph
   * `forward` writes. Both graphs declare the memories in the same order. @throws OstroError `invalid-file`.
   */
  forwardEncoder?(g: Graph, weights: Weights, config: C, options: ForwardOptions): void
}
