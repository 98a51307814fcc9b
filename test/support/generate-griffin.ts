/** Writes folders of RecurrentGemma's layout with random bf16 weights and a byte-level vocabulary, for figures of speed. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { f32ToBf16 } from '../../src/quant/index.ts'
import { createRandom } from '../../src/util/random.ts'
import { byteLevelVocabulary } from './byte-level-vocabulary.ts'

export interface GriffinShape {
  readonly layers: number
  readonly width: number // D
  readonly recurrentWidth: number // R
  /** Query heads, and blocks of the gates; keys and values have one. */
  readonly heads: number
  readonly feedForward: number // F
  readonly vocabulary: number // V
  readonly window: number
  readonly contextTokens: number
}

/** The smallest of De et al. 2024 (R a third more than D, F three times D, window 1024) with GPT-2's vocabulary. */
export const griffin130m: GriffinShape = {
  layers: 12,
  width: 768,
  recurrentWidth: 1024,
  heads: 8,
  feedForward: 2304,
  vocabulary: 50_280,
  window: 1024,
  contextTokens: 32_768,
}

/** Writes config.json, tokenizer.json and model.safetensors; the folder appears only when it is complete. */
export async function generateGriffin(folder: string, shape: GriffinShape, seed = 1): Promise<void> {
  const unfinished = `${folder}.part`
  await mkdir(unfinished, { recursive: true })
  await writeFile(join(unfinished, 'config.json'), JSON.stringify(configOf(shape)))
  await writeFile(join(unfinished, 'tokenizer.json'), JSON.stringify(tokenizerOf(shape)))
  const file = encodeTensors(tensorsOf(shape), seed)
  await pipeline(Readable.from(file), createWriteStream(join(unfinished, 'model.safetensors')))
  await rename(unfinished, folder)
}

function configOf({ layers, width, recurrentWidth, heads, feedForward, vocabulary, ...lengths }: GriffinShape) {
  return {
    architectures: ['RecurrentGemmaForCausalLM'],
    model_type: 'recurrent_gemma',
    num_hidden_layers: layers,
    hidden_size: width,
    lru_width: recurrentWidth,
    num_attention_heads: heads,
    num_key_value_heads: 1,
    head_dim: width / heads,
    intermediate_size: 2 * feedForward, // gate and up together
    vocab_size: vocabulary,
    attention_window_size: lengths.window,
    max_position_embeddings: lengths.contextTokens,
    block_types: ['recurrent', 'recurrent', 'attention'],
    hidden_activation: 'gelu_pytorch_tanh',
    conv1d_width: 4,
    logits_soft_cap: 30,
    partial_rotary_factor: 0.5,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    bos_token_id: vocabulary - 1,
    eos_token_id: vocabulary - 1,
    tie_word_embeddings: true,
  }
}

function tokenizerOf({ vocabulary }: GriffinShape) {
  const { tokens, merges, endId } = byteLevelVocabulary(vocabulary)
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  return {
    version: '1.0',
    added_tokens: [{ id: endId, content: tokens[endId], special: true, normalized: false, single_word: false }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  }
}

interface GriffinTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Of values around `mean`. */
  readonly deviation: number
  readonly mean?: number
}

function tensorsOf({ layers, width, recurrentWidth, heads, feedForward, vocabulary }: GriffinShape): GriffinTensor[] {
  const linear = (name: string, rows: number, columns: number, bias = true): GriffinTensor[] => [
    { name: `${name}.weight`, shape: [rows, columns], deviation: columns ** -0.5 },
    ...(bias ? [{ name: `${name}.bias`, shape: [rows], deviation: 0 }] : []),
  ]
  const recurrent = (at: string): GriffinTensor[] => {
    const blockWidth = recurrentWidth / heads
    const gate = (name: string): GriffinTensor[] => [
      { name: `${at}.rg_lru.${name}_weight`, shape: [heads, blockWidth, blockWidth], deviation: blockWidth ** -0.5 },
      { name: `${at}.rg_lru.${name}_bias`, shape: [heads, blockWidth], deviation: 0 },
    ]
    return [
      ...linear(`${at}.linear_x`, recurrentWidth, width),
      ...linear(`${at}.linear_y`, recurrentWidth, width),
      ...linear(`${at}.linear_out`, width, recurrentWidth),
      { name: `${at}.conv_1d.weight`, shape: [recurrentWidth, 1, 4], deviation: 0.5 },
      { name: `${at}.conv_1d.bias`, shape: [recurrentWidth], deviation: 0 },
      // softplus(-4) is 0.02: a of 0.9 to 1, as the authors initialise it.
      { name: `${at}.rg_lru.recurrent_param`, shape: [recurrentWidth], deviation: 1, mean: -4 },
      ...gate('input_gate'),
      ...gate('recurrent_gate'),
    ]
  }
  const attention = (at: string): GriffinTensor[] => [
    ...linear(`${at}.q_proj`, width, width, false),
    ...linear(`${at}.k_proj`, width / heads, width, false),
    ...linear(`${at}.v_proj`, width / heads, width, false),
    ...linear(`${at}.o_proj`, width, width),
  ]
  const norm = (name: string): GriffinTensor => ({ name: `${name}.weight`, shape: [width], deviation: 0 })
  const layer = (index: number): GriffinTensor[] => {
    const at = `model.layers.${index}`
    return [
      norm(`${at}.temporal_pre_norm`),
      ...(index % 3 === 2 ? attention : recurrent)(`${at}.temporal_block`),
      norm(`${at}.channel_pre_norm`),
      ...linear(`${at}.mlp_block.gate_proj`, feedForward, width),
      ...linear(`${at}.mlp_block.up_proj`, feedForward, width),
      ...linear(`${at}.mlp_block.down_proj`, width, feedForward),
    ]
  }
  return [
    { name: 'model.embed_tokens.weight', shape: [vocabulary, width], deviation: width ** -0.5 },
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    norm('model.final_norm'),
  ]
}

/** Values that all tensors of one distribution are cut from, each from another place: a prime, so that no two rows of a matrix are equal. */
const poolValues = 1_048_573

function* encodeTensors(tensors: readonly GriffinTensor[], seed: number): Generator<Uint8Array> {
  const random = createRandom(seed)
  // Uniform values of deviation 1.
  const values = Float32Array.from({ length: poolValues }, () => (random.float() * 2 - 1) * Math.sqrt(3))
  const pools = new Map<string, Uint16Array>()
  const poolOf = ({ deviation, mean = 0 }: GriffinTensor): Uint16Array => {
    const key = `${mean} ${deviation}`
    const pool = pools.get(key) ?? Uint16Array.from(values, (value) => f32ToBf16(mean + deviation * value))
    pools.set(key, pool)
    return pool
  }
  let offset = 0
  const entries = tensors.map(({ name, shape }) => {
    const start = offset
    offset += 2 * shape.reduce((product, dim) => product * dim, 1)
    return [name, { dtype: 'BF16', shape, data_offsets: [start, offset] }]
  })
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true)
  yield length
  yield header
  let place = 0
  for (const tensor of tensors) {
    const pool = poolOf(tensor)
    let left = tensor.shape.reduce((product, dim) => product * dim, 1)
    while (left > 0) {
      const count = Math.min(left, poolValues - place)
      yield new Uint8Array(pool.buffer, 2 * place, 2 * count)
      place = (place + count) % poolValues
      left -= count
    }
  }
}
