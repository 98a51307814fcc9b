/**
 * Writes a BERT of a Hugging Face folder as the ONNX file that ONNX Runtime runs fastest: the fused operators that its own optimiser makes
 * of an exported BERT (contributed operators `Attention`, `SkipLayerNormalization`, `BiasGelu`), then the mean of the tokens. No mask: the
 * texts of a batch are equally long. Field numbers are those of onnx.proto.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSafetensors } from '../src/formats/open-safetensors.node.ts'
import { type OpenedModel, openModel } from '../src/models/index.ts'
import { readValues } from '../src/tensor/index.ts'

const fused = 'com.microsoft'

/** Input `tokens` int32 [batch, length]; output `mean` f32 [batch, width]. */
export async function writeOnnxBert(folder: string, path: string): Promise<void> {
  const file = await openSafetensors(join(folder, 'model.safetensors'))
  try {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>
    const model = await openModel({ format: 'safetensors', config, tensors: file.tensors })
    await writeFile(path, await encodeModel(model, Number(config['num_attention_heads'])))
  } finally {
    await file.close()
  }
}

async function encodeModel({ config, weights }: OpenedModel, heads: number): Promise<Uint8Array> {
  const D = config.width
  const parts: Uint8Array[] = []
  const read = async (name: string): Promise<{ shape: readonly number[]; values: Float32Array }> => {
    const source = weights.get(name)
    if (source === undefined) throw new Error(`onnx: the model has no tensor ${name}`)
    return { shape: source.shape, values: await readValues(source) }
  }
  const initializer = (name: string, shape: readonly number[], values: Float32Array): string => {
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    parts.push(bytes(5, join8([...shape.map((dim) => integer(1, dim)), integer(2, 1), text(8, name), bytes(9, raw)])))
    return name
  }
  const vector = async (name: string): Promise<string> => {
    const { shape, values } = await read(name)
    return initializer(name, shape, values)
  }
  /** [N, K] as a right operand [K, N]. */
  const matrix = async (name: string): Promise<string> => {
    const { shape, values } = await read(name)
    const [N, K] = shape as [number, number]
    return initializer(name, [K, N], transpose(values, N, K))
  }
  const node = (
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Uint8Array[] = [],
    domain = '',
  ): string => {
    const names = [...inputs.map((name) => text(1, name)), text(2, output), text(4, op)]
    parts.push(bytes(1, join8([...names, ...attributes.map((one) => bytes(5, one)), text(7, domain)])))
    return output
  }
  const epsilon = float('epsilon', config.normEpsilon)

  const embedding = [
    'token_embd.weight',
    'position_embd.weight',
    'token_types.weight',
    'token_embd_norm.weight',
    'token_embd_norm.bias',
  ]
  const tables = await Promise.all(embedding.map(vector))
  parts.push(
    bytes(
      1,
      join8([
        ...['tokens', 'segments', ...tables].map((name) => text(1, name)),
        ...['x.0', 'unused'].map((name) => text(2, name)),
        text(4, 'EmbedLayerNormalization'),
        bytes(5, epsilon),
        text(7, fused),
      ]),
    ),
  )
  let x = 'x.0'
  for (let layer = 0; layer < config.layers; layer++) {
    const name = (part: string): string => `blk.${layer}.${part}`
    const qkv = await Promise.all(['q', 'k', 'v'].map((part) => read(name(`attn_${part}.weight`))))
    const biases = await Promise.all(['q', 'k', 'v'].map((part) => read(name(`attn_${part}.bias`))))
    const joined = new Float32Array(3 * D * D)
    qkv.forEach(({ values }, index) => joined.set(values, index * D * D))
    const bias = new Float32Array(3 * D)
    biases.forEach(({ values }, index) => bias.set(values, index * D))
    const weight = initializer(name('qkv.weight'), [D, 3 * D], transpose(joined, 3 * D, D))
    const attended = node(
      'Attention',
      [x, weight, initializer(name('qkv.bias'), [3 * D], bias)],
      name('attn'),
      [count('num_heads', heads)],
      fused,
    )
    const skip = async (input: string, residual: string, norm: string, linear: string): Promise<string> => {
      const vectors = [`${norm}.weight`, `${norm}.bias`, `${linear}.bias`].map((one) => vector(name(one)))
      const inputs = [input, residual, ...(await Promise.all(vectors))]
      return node('SkipLayerNormalization', inputs, name(norm), [epsilon], fused)
    }
    const out = node('MatMul', [attended, await matrix(name('attn_output.weight'))], name('attn_output'))
    const middle = await skip(out, x, 'attn_output_norm', 'attn_output')
    const up = node('MatMul', [middle, await matrix(name('ffn_up.weight'))], name('ffn_up'))
    const inner = node('BiasGelu', [up, await vector(name('ffn_up.bias'))], name('ffn_activation'), [], fused)
    const down = node('MatMul', [inner, await matrix(name('ffn_down.weight'))], name('ffn_down'))
    x = await skip(down, middle, 'layer_output_norm', 'ffn_down')
  }
  node('ReduceMean', [x], 'mean', [counts('axes', [1]), count('keepdims', 0)])

  const graph = join8([
    ...parts,
    text(2, 'bert'),
    ...['tokens', 'segments'].map((name) => bytes(11, valueInfo(name, 6, ['batch', 'length']))),
    bytes(12, valueInfo('mean', 1, ['batch', 'width'])),
  ])
  const opset = (domain: string, version: number): Uint8Array => bytes(8, join8([text(1, domain), integer(2, version)]))
  return join8([integer(1, 8), opset('', 13), opset(fused, 1), bytes(7, graph)])
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]
  }
  return result
}

/** Element types: 1 f32, 6 int32. */
function valueInfo(name: string, type: number, dims: readonly string[]): Uint8Array {
  const shape = join8(dims.map((dim) => bytes(1, text(2, dim))))
  return join8([text(1, name), bytes(2, bytes(1, join8([integer(1, type), bytes(2, shape)])))])
}

const float = (name: string, value: number): Uint8Array =>
  join8([text(1, name), key(2, 5), new Uint8Array(Float32Array.of(value).buffer), integer(20, 1)])
const count = (name: string, value: number): Uint8Array => join8([text(1, name), integer(3, value), integer(20, 2)])
const counts = (name: string, values: readonly number[]): Uint8Array =>
  join8([text(1, name), ...values.map((value) => integer(8, value)), integer(20, 7)])

const integer = (field: number, value: number): Uint8Array => join8([key(field, 0), varint(value)])
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value))
const bytes = (field: number, value: Uint8Array): Uint8Array => join8([key(field, 2), varint(value.length), value])
const key = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType)

function varint(value: number): Uint8Array {
  const digits: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128)
  return Uint8Array.from([...digits, rest])
}

function join8(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}
