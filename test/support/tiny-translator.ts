/**
 * Folders of encoder-decoders with random weights and a small SentencePiece model, laid out as the families lay theirs out. What they
 * say means nothing, but every file is read and every part runs.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSentencePieceFile } from '../../src/tokenizer/sentencepiece-file.ts'
import { createRandom } from '../../src/util/random.ts'

export type TranslatorFamily = 'm2m100' | 'marian' | 't5'

const width = 32
const inner = 48
const layers = 2
const heads = 4
const positions = 128

const golden = (name: string): URL => new URL(`../golden/sentencepiece/${name}.model`, import.meta.url)

export async function writeTinyTranslator(folder: string, family: TranslatorFamily): Promise<void> {
  const save = (file: string, value: unknown): Promise<void> =>
    writeFile(join(folder, file), value instanceof Uint8Array ? value : JSON.stringify(value))
  const model = new Uint8Array(await readFile(golden(family === 't5' ? 'unigram' : 'bpe')))
  const pieces = readSentencePieceFile(model).pieces.map(({ text }) => text)
  if (family === 't5') {
    await save('spiece.model', model)
    await save('tokenizer_config.json', { extra_ids: 4 })
    // The table is larger than the vocabulary, as in the real ones.
    await save('config.json', t5Config(pieces.length + 20))
    await save('model.safetensors', encodeTensors(t5Tensors(pieces.length + 20)))
    return
  }
  const listed = ['<s>', '<pad>', '</s>', '<unk>', ...(family === 'marian' ? ['>>fra<<'] : []), ...pieces.slice(3)]
  await save('vocab.json', Object.fromEntries(listed.map((token, id) => [token, id])))
  const languages = family === 'm2m100' ? ['__en__', '__fr__', '__de__'] : []
  const vocabulary = listed.length + languages.length
  await save(family === 'marian' ? 'source.spm' : 'sentencepiece.bpe.model', model)
  if (family === 'marian') {
    await save('target.spm', model)
    await save('tokenizer_config.json', { source_lang: 'eng', target_lang: 'fra' })
  } else await save('special_tokens_map.json', { additional_special_tokens: languages })
  await save('generation_config.json', { num_beams: 2, max_length: 24, bad_words_ids: [[1]] })
  await save('config.json', absoluteConfig(family, vocabulary))
  await save('model.safetensors', encodeTensors(absoluteTensors(family, vocabulary)))
}

type Shapes = readonly (readonly [name: string, shape: readonly number[]])[]

function absoluteConfig(family: TranslatorFamily, vocabulary: number) {
  const side = (name: string) => ({
    [`${name}_layers`]: layers,
    [`${name}_attention_heads`]: heads,
    [`${name}_ffn_dim`]: inner,
  })
  return {
    model_type: family === 'marian' ? 'marian' : 'm2m_100',
    is_encoder_decoder: true,
    d_model: width,
    ...side('encoder'),
    ...side('decoder'),
    max_position_embeddings: positions,
    activation_function: 'relu',
    scale_embedding: true,
    vocab_size: vocabulary,
    decoder_start_token_id: 2,
    eos_token_id: 2,
    pad_token_id: 1,
    forced_eos_token_id: 2,
  }
}

function absoluteTensors(family: TranslatorFamily, vocabulary: number): Shapes {
  const linear = (name: string, N: number, K: number): Shapes => [
    [`${name}.weight`, [N, K]],
    [`${name}.bias`, [N]],
  ]
  const norm = (name: string): Shapes => [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ]
  const attention = (name: string): Shapes =>
    ['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) => linear(`${name}.${part}`, width, width))
  const sides = (['encoder', 'decoder'] as const).flatMap((side) =>
    Array.from({ length: layers }, (_, layer) => `model.${side}.layers.${layer}`).flatMap((name) => [
      ...attention(`${name}.self_attn`),
      ...norm(`${name}.self_attn_layer_norm`),
      ...(side === 'encoder' ? [] : [...attention(`${name}.encoder_attn`), ...norm(`${name}.encoder_attn_layer_norm`)]),
      ...linear(`${name}.fc1`, inner, width),
      ...linear(`${name}.fc2`, width, inner),
      ...norm(`${name}.final_layer_norm`),
    ]),
  )
  const ends =
    family === 'marian'
      ? ([['final_logits_bias', [1, vocabulary]]] as const)
      : [...norm('model.encoder.layer_norm'), ...norm('model.decoder.layer_norm')]
  return [['model.shared.weight', [vocabulary, width]], ...sides, ...ends]
}

function t5Config(vocabulary: number) {
  return {
    model_type: 't5',
    is_encoder_decoder: true,
    d_model: width,
    d_ff: inner,
    d_kv: width / heads,
    num_heads: heads,
    num_layers: layers,
    feed_forward_proj: 'relu',
    vocab_size: vocabulary,
    decoder_start_token_id: 0,
    eos_token_id: 1,
    pad_token_id: 0,
    task_specific_params: { translation_en_to_de: { prefix: 'translate English to German: ' } },
  }
}

function t5Tensors(vocabulary: number): Shapes {
  const attention = (name: string): Shapes =>
    ['q', 'k', 'v', 'o'].map((part) => [`${name}.${part}.weight`, [width, width]] as const)
  const sides = (['encoder', 'decoder'] as const).flatMap((side) =>
    Array.from({ length: layers }, (_, layer) => `${side}.block.${layer}`).flatMap((name, layer): Shapes => {
      const last = side === 'encoder' ? 1 : 2
      return [
        ...attention(`${name}.layer.0.SelfAttention`),
        ...(layer === 0
          ? ([[`${name}.layer.0.SelfAttention.relative_attention_bias.weight`, [32, heads]]] as const)
          : []),
        ...(side === 'encoder' ? [] : attention(`${name}.layer.1.EncDecAttention`)),
        ...Array.from({ length: last + 1 }, (_, part) => [`${name}.layer.${part}.layer_norm.weight`, [width]] as const),
        [`${name}.layer.${last}.DenseReluDense.wi.weight`, [inner, width]],
        [`${name}.layer.${last}.DenseReluDense.wo.weight`, [width, inner]],
      ]
    }),
  )
  return [
    ['shared.weight', [vocabulary, width]],
    ...sides,
    ['encoder.final_layer_norm.weight', [width]],
    ['decoder.final_layer_norm.weight', [width]],
  ]
}

/** A safetensors file of f32 values; norms are near 1, everything else around 0. */
function encodeTensors(tensors: Shapes): Uint8Array {
  const random = createRandom(7)
  let offset = 0
  const header: Record<string, unknown> = {}
  const parts = tensors.map(([name, shape]) => {
    const count = shape.reduce((product, dim) => product * dim, 1)
    const center = name.includes('norm.weight') ? 1 : 0
    const values = Float32Array.from({ length: count }, () => center + 0.8 * (random.float() - 0.5))
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] }
    offset += values.byteLength
    return new Uint8Array(values.buffer)
  })
  const text = new TextEncoder().encode(JSON.stringify(header))
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true)
  return Buffer.concat([length, text, ...parts])
}
