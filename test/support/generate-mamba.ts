/** Writes GGUF files of Mamba's shape with random weights, for figures of speed and tests of the engine. llama.cpp loads them too. */
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type GgufTensorInput, writeGguf } from '../../src/formats/index.ts'
import { createRandom } from '../../src/util/random.ts'
import { byteLevelVocabulary } from './byte-level-vocabulary.ts'
import { randomBlocks } from './random-blocks.ts'

export interface MambaShape {
  readonly layers: number
  readonly width: number // D; twice as many channels
  readonly stateSize: number // N
  readonly convKernel: number // K
  readonly vocabulary: number // V
}

/** As published in 2023; its step sizes come from a bottleneck of D / 16. */
export const mamba130m: MambaShape = { layers: 24, width: 768, stateSize: 16, convKernel: 4, vocabulary: 50_280 }

export interface GenerateMambaOptions {
  readonly shape: MambaShape
  /** Type of the linear weights, where their rows are multiples of 32. */
  readonly type: 'q8_0' | 'f32'
  /** Default 1. */
  readonly seed?: number
  /** Default: none, a base model. */
  readonly chatTemplate?: string
}

/** Writes the model to `path`; the file appears only when it is complete. */
export async function generateMamba(path: string, options: GenerateMambaOptions): Promise<void> {
  const unfinished = `${path}.part`
  const metadataTypes = new Map([['mamba.attention.layer_norm_rms_epsilon', 'f32' as const]])
  const tensors = tensorsOf(options)
  await pipeline(
    Readable.from(writeGguf({ metadata: metadataOf(options), metadataTypes, tensors })),
    createWriteStream(unfinished),
  )
  await rename(unfinished, path)
}

const rankOf = ({ width }: MambaShape): number => Math.ceil(width / 16)

function metadataOf({ shape, type, chatTemplate }: GenerateMambaOptions) {
  const vocabulary = byteLevelVocabulary(shape.vocabulary)
  return new Map<string, string | number | boolean | readonly string[] | Int32Array>([
    ['general.architecture', 'mamba'],
    ['general.name', `random mamba ${type}`],
    ['mamba.block_count', shape.layers],
    ['mamba.context_length', 2 ** 20],
    ['mamba.embedding_length', shape.width],
    ['mamba.feed_forward_length', 0],
    ['mamba.attention.head_count', 0],
    ['mamba.attention.layer_norm_rms_epsilon', 1e-5],
    ['mamba.ssm.conv_kernel', shape.convKernel],
    ['mamba.ssm.inner_size', 2 * shape.width],
    ['mamba.ssm.state_size', shape.stateSize],
    ['mamba.ssm.time_step_rank', rankOf(shape)],
    ['mamba.ssm.dt_b_c_rms', false],
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', 'gpt-2'],
    ['tokenizer.ggml.tokens', vocabulary.tokens],
    ['tokenizer.ggml.token_type', vocabulary.types],
    ['tokenizer.ggml.merges', vocabulary.merges],
    ['tokenizer.ggml.bos_token_id', vocabulary.endId],
    ['tokenizer.ggml.eos_token_id', vocabulary.endId],
    ['tokenizer.ggml.add_bos_token', false],
    ...(chatTemplate === undefined ? [] : [['tokenizer.chat_template', chatTemplate] as const]),
  ])
}

function tensorsOf({ shape, type, seed = 1 }: GenerateMambaOptions): GgufTensorInput[] {
  const { layers, width, stateSize, convKernel, vocabulary } = shape
  const channels = 2 * width
  const rank = rankOf(shape)
  const random = createRandom(seed)
  const floats = (name: string, dims: readonly number[], value: (index: number) => number): GgufTensorInput => ({
    name,
    shape: dims,
    type: 'f32',
    data: () => {
      const count = dims.reduce((product, dim) => product * dim, 1)
      return [new Uint8Array(Float32Array.from({ length: count }, (_, index) => value(index)).buffer)]
    },
  })
  const linear = (name: string, rows: number, columns: number): GgufTensorInput => {
    const deviation = 1 / Math.sqrt(columns)
    if (type === 'f32' || columns % 32 !== 0) {
      return floats(name, [rows, columns], () => (random.float() * 2 - 1) * Math.sqrt(3) * deviation)
    }
    const supply = randomBlocks('q8_0', deviation, seed + columns)
    return { name, shape: [rows, columns], type: 'q8_0', data: () => supply(rows * columns) }
  }
  const layer = (index: number): GgufTensorInput[] => {
    const at = `blk.${index}`
    return [
      floats(`${at}.attn_norm.weight`, [width], () => 1),
      linear(`${at}.ssm_in.weight`, 2 * channels, width),
      floats(`${at}.ssm_conv1d.weight`, [channels, convKernel], () => random.float() - 0.5),
      floats(`${at}.ssm_conv1d.bias`, [channels], () => 0),
      linear(`${at}.ssm_x.weight`, rank + 2 * stateSize, channels),
      floats(`${at}.ssm_dt.weight`, [channels, rank], () => (random.float() * 2 - 1) / Math.sqrt(rank)),
      // Inverse softplus of step sizes from 0.001 to 0.1, and A = -(n + 1), as the authors initialise them.
      floats(`${at}.ssm_dt.bias`, [channels], () => Math.log(Math.expm1(10 ** (-3 + 2 * random.float())))),
      floats(`${at}.ssm_a`, [channels, stateSize], (i) => -((i % stateSize) + 1)),
      floats(`${at}.ssm_d`, [channels], () => 1),
      linear(`${at}.ssm_out.weight`, width, channels),
    ]
  }
  return [
    linear('token_embd.weight', vocabulary, width),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    floats('output_norm.weight', [width], () => 1),
  ]
}
