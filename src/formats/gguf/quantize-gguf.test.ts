import { describe, expect, it, test } from 'vitest'
import type { BlockTypeName } from '../../quant/block-type.ts'
import { blockTypeOf } from '../../quant/index.ts'
import { createRandom } from '../../util/random.ts'
import { bytesSource } from '../source.ts'
import { startConvertThreads } from './convert-threads.node.ts'
import type { GgufFile } from './gguf-file.ts'
import { quantizeGguf, type QuantizeGgufOptions } from './quantize-gguf.ts'
import { type QuantizeType, quantizeTypes } from './quantize-types.ts'
import { readGguf } from './read-gguf.ts'
import { type GgufTensorInput, writeGguf } from './write-gguf.ts'

const random = createRandom(7)

function tensor(name: string, shape: readonly number[], type: BlockTypeName = 'f32'): GgufTensorInput {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5)
  const { blockBytes, blockLength, encode } = blockTypeOf(type)
  const bytes = new Uint8Array((values.length / blockLength) * blockBytes)
  encode?.(values, bytes)
  return { name, shape, type, data: () => [bytes] }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return new Uint8Array(await new Blob(all as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}

async function fileOf(tensors: readonly GgufTensorInput[]): Promise<GgufFile> {
  const metadata = new Map<string, string | number | Int32Array | readonly string[]>([
    ['general.architecture', 'llama'],
    ['general.file_type', 0],
    ['llama.rope.freq_base', 10_000],
    ['tokenizer.ggml.tokens', ['<s>', 'a', '\u{1f600}']],
    ['tokenizer.ggml.token_type', Int32Array.of(3, 1, -1)],
  ])
  const metadataTypes = new Map([['llama.rope.freq_base', 'f32' as const]])
  return readGguf(bytesSource(await collect(writeGguf({ metadata, metadataTypes, tensors }))))
}

async function quantized(file: GgufFile, options: QuantizeGgufOptions): Promise<GgufFile> {
  return readGguf(bytesSource(await collect(quantizeGguf(file, options).bytes())))
}

async function valuesOf(file: GgufFile, name: string): Promise<Float32Array> {
  const found = file.tensors.get(name)
  if (found === undefined) throw new Error(`no tensor ${name}`)
  const bytes = new Uint8Array(found.sizeBytes)
  await found.read(0, bytes)
  const values = new Float32Array(found.shape.reduce((a, b) => a * b, 1))
  blockTypeOf(found.type).decode(bytes, values)
  return values
}

const everything = () => [
  tensor('token_embd.weight', [40, 256]),
  tensor('blk.0.attn_norm.weight', [256]),
  tensor('blk.0.attn_q.weight', [32, 256]),
  tensor('blk.0.attn_q.bias', [32]),
  tensor('blk.0.attn_output.weight', [256, 96]),
  tensor('blk.0.ffn_gate_inp.weight', [4, 256]),
  tensor('blk.0.ffn_gate_exps.weight', [4, 8, 256]),
  tensor('blk.0.ffn_down.weight', [256, 36]),
  tensor('blk.0.attn_q_norm.weight', [2, 256]),
]

describe('types of tensors', () => {
  // prettier-ignore
  test.each<[QuantizeType, Record<string, BlockTypeName>]>([
    ['q4_k', { token_embd: 'q6_k', attn_q: 'q4_k', attn_output: 'q5_0', ffn_gate_exps: 'q4_k', ffn_down: 'f16' }],
    ['q5_k', { token_embd: 'q6_k', attn_q: 'q5_k', attn_output: 'q5_1', ffn_gate_exps: 'q5_k', ffn_down: 'f16' }],
    ['q6_k', { token_embd: 'q6_k', attn_q: 'q6_k', attn_output: 'q8_0', ffn_gate_exps: 'q6_k', ffn_down: 'f16' }],
    ['q4_0', { token_embd: 'q6_k', attn_q: 'q4_0', attn_output: 'q4_0', ffn_gate_exps: 'q4_0', ffn_down: 'f16' }],
    ['q4_1', { token_embd: 'q6_k', attn_q: 'q4_1', attn_output: 'q4_1', ffn_gate_exps: 'q4_1', ffn_down: 'f16' }],
    ['q5_0', { token_embd: 'q6_k', attn_q: 'q5_0', attn_output: 'q5_0', ffn_gate_exps: 'q5_0', ffn_down: 'f16' }],
    ['q5_1', { token_embd: 'q6_k', attn_q: 'q5_1', attn_output: 'q5_1', ffn_gate_exps: 'q5_1', ffn_down: 'f16' }],
    ['q8_0', { token_embd: 'q8_0', attn_q: 'q8_0', attn_output: 'q8_0', ffn_gate_exps: 'q8_0', ffn_down: 'f16' }],
    ['f16', { token_embd: 'f16', attn_q: 'f16', attn_output: 'f16', ffn_gate_exps: 'f16', ffn_down: 'f16' }],
    ['bf16', { token_embd: 'bf16', attn_q: 'bf16', attn_output: 'bf16', ffn_gate_exps: 'bf16', ffn_down: 'bf16' }],
  ])('%s', async (type, expected) => {
    const file = await fileOf(everything())
    const { tensors } = quantizeGguf(file, { type })
    const typeOf = (name: string) => tensors.find((one) => one.name.endsWith(name))?.to
    for (const [name, want] of Object.entries(expected)) expect(typeOf(`${name}.weight`), name).toBe(want)
    for (const kept of ['attn_norm.weight', 'attn_q.bias', 'ffn_gate_inp.weight', 'attn_q_norm.weight']) {
      expect(typeOf(kept), kept).toBe('f32')
    }
    const result = await quantized(file, { type })
    expect([...result.tensors.values()].map(({ name, shape, type: to, sizeBytes }) => ({ name, shape, to, sizeBytes })))
      .toEqual(tensors.map(({ name, shape, to, sizeBytes }) => ({ name, shape, to, sizeBytes })))
  })

  it('names what became another type than asked for', async () => {
    const { tensors } = quantizeGguf(await fileOf(everything()), { type: 'q4_k' })
    const because = (reason: string) => tensors.filter((one) => one.reason === reason).map(({ name }) => name)
    expect(because('fallback')).toEqual(['blk.0.attn_output.weight', 'blk.0.ffn_down.weight'])
    expect(because('output')).toEqual(['token_embd.weight'])
  })

  it('keeps the output projection at 6 bits where it is a matrix of its own', async () => {
    const file = await fileOf([tensor('token_embd.weight', [40, 256]), tensor('output.weight', [40, 256])])
    expect(quantizeGguf(file, { type: 'q4_k' }).tensors.map(({ to }) => to)).toEqual(['q4_k', 'q6_k'])
  })
})

it('keeps metadata with its types, and says what the file is', async () => {
  const file = await fileOf(everything())
  const result = await quantized(file, { type: 'q4_k' })
  expect(result.metadata.get('general.file_type')).toBe(quantizeTypes.q4_k)
  expect(result.metadata.get('general.quantization_version')).toBe(2)
  for (const [key, type] of file.metadataTypes) {
    expect(result.metadataTypes.get(key), key).toBe(type)
    if (key !== 'general.file_type' && !key.endsWith('.tokens')) {
      expect(result.metadata.get(key), key).toEqual(file.metadata.get(key))
    }
  }
  expect([...(result.metadata.get('tokenizer.ggml.tokens') as Iterable<string>)]).toEqual(['<s>', 'a', '\u{1f600}'])
})

it('kept tensors are the same, the others differ by no more than half a step', async () => {
  const file = await fileOf(everything())
  const result = await quantized(file, { type: 'q8_0' })
  expect(await valuesOf(result, 'blk.0.attn_norm.weight')).toEqual(await valuesOf(file, 'blk.0.attn_norm.weight'))
  const before = await valuesOf(file, 'blk.0.attn_q.weight')
  const after = await valuesOf(result, 'blk.0.attn_q.weight')
  // The greatest value of a block is 0.5 at most, and 127 steps; the scale is rounded to f16.
  const bound = 0.5 / 127 / 2 + 0.5 * 2 ** -11
  expect(Math.max(...before.map((value, index) => Math.abs(value - after[index])))).toBeLessThan(bound)
  expect(after).not.toEqual(before)
})

it('gives the same bytes on threads, over tensors of several stretches', async () => {
  const tensors = [tensor('token_embd.weight', [4608, 256]), tensor('blk.0.attn_q.weight', [9000, 256], 'f16')]
  const file = await fileOf(tensors)
  const seen: number[] = []
  const alone = await collect(
    quantizeGguf(file, { type: 'q8_0', onProgress: (done, total) => seen.push(done / total) }).bytes(),
  )
  await using pool = startConvertThreads(2)
  const together = await collect(quantizeGguf(file, { type: 'q8_0', convert: pool.convert, jobs: 3 }).bytes())
  expect(Buffer.compare(alone, together)).toBe(0)
  expect(seen.at(-1)).toBe(1)
  expect(seen.length).toBe(2 + 3)
})

describe('refuses', () => {
  const broken = (): GgufTensorInput => {
    const values = new Float32Array(512)
    values[300] = NaN
    return { name: 'blk.0.attn_q.weight', shape: [2, 256], type: 'f32', data: () => [new Uint8Array(values.buffer)] }
  }

  it.each([['here'], ['on a thread']])('values that are no numbers, %s', async (where) => {
    const file = await fileOf([broken()])
    await using pool = startConvertThreads(1)
    const options = where === 'here' ? {} : { convert: pool.convert }
    await expect(quantized(file, { type: 'q4_k', ...options })).rejects.toMatchObject({ code: 'invalid-file' })
  })

  it('an unknown type', async () => {
    const file = await fileOf(everything())
    expect(() => quantizeGguf(file, { type: 'q9_z' as QuantizeType })).toThrow(/q4_k/)
  })

  it('to go on after an abort', async () => {
    const file = await fileOf(everything())
    await expect(quantized(file, { type: 'q8_0', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})
