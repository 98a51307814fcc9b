/**
 * Writes GGUF files of public shapes with random weights, for figures of speed and tests of size: text that they produce means
 * nothing, but every byte is read and every operation runs as in the real model. llama.cpp loads them too.
 */
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type GgufTensorInput, writeGguf } from '../../src/formats/index.ts'
import { createRandom } from '../../src/util/random.ts'
import { byteLevelVocabulary } from './byte-level-vocabulary.ts'
import { type ModelShape, modelShapes, type ModelShapeName } from './model-shapes.ts'
import { randomBlocks, type RandomBlockType } from './random-blocks.ts'

export type GeneratedType = 'q4_0' | 'q4_k' | 'q8_0' | 'f16' | 'bf16'

export interface GenerateModelOptions {
  readonly shape: ModelShapeName
  /** Type of the linear weights; rows that it does not divide get the type that llama.cpp falls back to. */
  readonly type: GeneratedType
  /** Replaces fields of the shape, for a smaller or larger file. */
  readonly change?: Partial<ModelShape>
  /** Default 1. */
  readonly seed?: number
  /** Default: none, a base model. */
  readonly chatTemplate?: string
  /** Control tokens besides the end token. */
  readonly controlTokens?: readonly string[]
}

/** Writes the model to `path`; the file appears only when it is complete. */
export async function generateModel(path: string, options: GenerateModelOptions): Promise<void> {
  const shape: ModelShape = { ...modelShapes[options.shape], ...options.change }
  const tensors = tensorsOf(shape, options.type, options.seed ?? 1)
  const unfinished = `${path}.part`
  await pipeline(
    Readable.from(writeGguf({ metadata: metadataOf(shape, options), metadataTypes: floatsOf(shape), tensors })),
    createWriteStream(unfinished),
  )
  await rename(unfinished, path)
}

function metadataOf(shape: ModelShape, { shape: name, type, chatTemplate, controlTokens }: GenerateModelOptions) {
  const { architecture } = shape
  const vocabulary = byteLevelVocabulary(shape.vocabulary, controlTokens)
  return new Map<string, string | number | boolean | readonly string[] | Int32Array>([
    ['general.architecture', architecture],
    ['general.name', `random ${name} ${type}`],
    [`${architecture}.block_count`, shape.layers],
    [`${architecture}.context_length`, shape.contextTokens],
    [`${architecture}.embedding_length`, shape.width],
    [`${architecture}.feed_forward_length`, shape.feedForward],
    [`${architecture}.attention.head_count`, shape.heads],
    [`${architecture}.attention.head_count_kv`, shape.keyValueHeads],
    [`${architecture}.attention.key_length`, shape.headWidth],
    [`${architecture}.attention.value_length`, shape.headWidth],
    [`${architecture}.attention.layer_norm_rms_epsilon`, shape.normEpsilon],
    [`${architecture}.rope.dimension_count`, shape.headWidth],
    [`${architecture}.rope.freq_base`, shape.ropeBase],
    [`${architecture}.vocab_size`, shape.vocabulary],
    ...(shape.experts === undefined
      ? []
      : ([
          [`${architecture}.expert_count`, shape.experts.count],
          [`${architecture}.expert_used_count`, shape.experts.perToken],
        ] as const)),
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', shape.preTokenizer],
    ['tokenizer.ggml.tokens', vocabulary.tokens],
    ['tokenizer.ggml.token_type', vocabulary.types],
    ['tokenizer.ggml.merges', vocabulary.merges],
    ['tokenizer.ggml.bos_token_id', vocabulary.endId],
    ['tokenizer.ggml.eos_token_id', vocabulary.endId],
    ['tokenizer.ggml.add_bos_token', false],
    ...(chatTemplate === undefined ? [] : [['tokenizer.chat_template', chatTemplate] as const]),
  ])
}

/** Whole numbers that the format wants as floats. */
function floatsOf({ architecture }: ModelShape) {
  const keys = ['attention.layer_norm_rms_epsilon', 'rope.freq_base']
  return new Map(keys.map((key) => [`${architecture}.${key}`, 'f32' as const]))
}

function tensorsOf(shape: ModelShape, type: GeneratedType, seed: number): GgufTensorInput[] {
  const { width, feedForward, heads, keyValueHeads, headWidth, vocabulary } = shape
  const supplies = new Map<string, ReturnType<typeof randomBlocks>>()
  const stack = (name: string, outer: readonly number[], columns: number, wanted: RandomBlockType): GgufTensorInput => {
    const fitting = fittingType(wanted, columns)
    const key = `${fitting} ${columns}`
    const supply = supplies.get(key) ?? randomBlocks(fitting, 1 / Math.sqrt(columns), seed + supplies.size)
    supplies.set(key, supply)
    const count = outer.reduce((product, size) => product * size, columns)
    return { name, shape: [...outer, columns], type: fitting, data: () => supply(count) }
  }
  const linear = (name: string, rows: number, columns: number, wanted: RandomBlockType): GgufTensorInput =>
    stack(name, [rows], columns, wanted)
  const norm = (name: string, size: number): GgufTensorInput => ({
    name,
    shape: [size],
    type: 'f32',
    data: () => [new Uint8Array(new Float32Array(size).fill(1).buffer)],
  })
  const dense = (at: string): GgufTensorInput[] => [
    linear(`${at}.ffn_gate.weight`, feedForward, width, type),
    linear(`${at}.ffn_up.weight`, feedForward, width, type),
    linear(`${at}.ffn_down.weight`, width, feedForward, type),
  ]
  const sparse = (at: string, experts: number): GgufTensorInput[] => [
    router(`${at}.ffn_gate_inp.weight`, experts, width, seed),
    stack(`${at}.ffn_gate_exps.weight`, [experts, feedForward], width, type),
    stack(`${at}.ffn_up_exps.weight`, [experts, feedForward], width, type),
    stack(`${at}.ffn_down_exps.weight`, [experts, width], feedForward, type),
  ]
  const layer = (index: number): GgufTensorInput[] => {
    const at = `blk.${index}`
    return [
      norm(`${at}.attn_norm.weight`, width),
      linear(`${at}.attn_q.weight`, heads * headWidth, width, type),
      linear(`${at}.attn_k.weight`, keyValueHeads * headWidth, width, type),
      linear(`${at}.attn_v.weight`, keyValueHeads * headWidth, width, type),
      linear(`${at}.attn_output.weight`, width, heads * headWidth, type),
      ...(shape.headNorms
        ? [norm(`${at}.attn_q_norm.weight`, headWidth), norm(`${at}.attn_k_norm.weight`, headWidth)]
        : []),
      norm(`${at}.ffn_norm.weight`, width),
      ...(shape.experts === undefined ? dense(at) : sparse(at, shape.experts.count)),
    ]
  }
  return [
    // The embedding is also the output projection; llama.cpp keeps that at 6 bits or more.
    linear('token_embd.weight', vocabulary, width, type === 'q4_0' || type === 'q4_k' ? 'q6_k' : type),
    ...Array.from({ length: shape.layers }, (_, index) => layer(index)).flat(),
    norm('output_norm.weight', width),
  ]
}

/** Routers stay f32 in files. */
function router(name: string, experts: number, width: number, seed: number): GgufTensorInput {
  const { float } = createRandom(seed)
  const values = Float32Array.from({ length: experts * width }, () => (float() * 2 - 1) / Math.sqrt(width))
  return { name, shape: [experts, width], type: 'f32', data: () => [new Uint8Array(values.buffer)] }
}

/** Rows that blocks of 256 do not divide get the type that llama.cpp's own quantiser takes instead. */
function fittingType(type: RandomBlockType, columns: number): RandomBlockType {
  if (columns % 256 === 0) return type
  if (type === 'q4_k') return 'q5_0'
  return type === 'q6_k' ? 'q8_0' : type
}
