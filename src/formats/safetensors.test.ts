import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { goldenRoot, readGoldenTensors } from '../../test/support/golden.ts'
import { openSafetensors } from './open-safetensors.node.ts'
import { readSafetensors } from './safetensors.ts'
import { bytesSource } from './source.ts'

const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

function fileOf(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(header)
  return Uint8Array.from([...new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer), ...text, ...data])
}

function oneTensor(name: string, value: number): Uint8Array {
  const header = `{"${name}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
  return fileOf(header, new Uint8Array(Float32Array.of(value).buffer))
}

describe('readSafetensors', () => {
  test('reads a file of the reference writer as another reader does', async () => {
    const path = join(goldenRoot, 'llama/model.safetensors')
    const file = await openSafetensors(path)
    const expected = readGoldenTensors(path)
    expect([...file.tensors.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [name, { shape, data }] of expected) {
      const tensor = file.tensors.get(name)
      expect(tensor?.shape).toEqual(shape)
      const bytes = new Uint8Array(tensor?.sizeBytes ?? 0)
      await tensor?.read(0, bytes)
      expect(new Float32Array(bytes.buffer)).toEqual(data)
    }
    await file.close()
  })

  test('sorts tensors by what they can be: weights, or other data', async () => {
    const file = await openSafetensors(join(goldenRoot, 'quant/q4_0.safetensors'))
    expect(file.others.get('blocks')?.type).toBe('u8')
    expect(file.tensors.get('values')?.type).toBe('f32')
    await file.close()
  })

  test('knows escapes, spaces, metadata, halves and empty tensors', async () => {
    const header =
      '{ "__metadata__" : {"format":"p\\u0074"},\n"\\u00e9\\"":{"shape":[1,2],"data_offsets":[0,4],"dtype":"BF16"},' +
      '"h":{"dtype":"F16","shape":[],"data_offsets":[4,6]},"none":{"dtype":"F32","shape":[0,9],"data_offsets":[6,6]}}  '
    const file = await readSafetensors(bytesSource(fileOf(header, Uint8Array.of(1, 2, 3, 4, 5, 6))))
    expect(file.metadata).toEqual(new Map([['format', 'pt']]))
    expect(
      [...file.tensors.values()].map(({ name, type, shape, sizeBytes }) => [name, type, shape, sizeBytes]),
    ).toEqual([
      ['é"', 'bf16', [1, 2], 4],
      ['h', 'f16', [], 2],
      ['none', 'f32', [0, 9], 0],
    ])
    const half = new Uint8Array(2)
    await file.tensors.get('h')?.read(0, half)
    expect(half).toEqual(Uint8Array.of(5, 6))
  })

  const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
  test.each<[string, string, number, string, RegExp]>([
    ['no object', '[]', 0, 'invalid-file', /byte 8: "{" expected, got "\["/],
    ['text after the header', '{}x', 0, 'invalid-file', /byte 10: the end of the header/],
    ['a name twice', `{"a":${entry},"a":${entry}}`, 4, 'invalid-file', /tensor "a".*twice/],
    ['a field twice', '{"a":{"dtype":"F32","dtype":"F32"}}', 0, 'invalid-file', /tensor "a", byte 28/],
    ['a field too many', '{"a":{"more":1}}', 0, 'invalid-file', /got "more"/],
    ['a field too few', '{"a":{"dtype":"F32","shape":[1]}}', 0, 'invalid-file', /data_offsets expected, got less/],
    ['an unknown dtype', '{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}', 4, 'unsupported', /tensor "a".*F4/],
    ['a negative dimension', '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4, 'invalid-file', /got "-"/],
    [
      'a fraction',
      '{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}',
      4,
      'invalid-file',
      /"\]" expected, got "\."/,
    ],
    [
      'a size that is not that of the shape',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}',
      4,
      'invalid-file',
      /8 bytes apart/,
    ],
    [
      'a product that wraps',
      '{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
      0,
      'invalid-file',
      /apart/,
    ],
    ['a gap', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', 8, 'invalid-file', /without gap/],
    ['an overlap', `{"a":${entry},"b":${entry}}`, 4, 'invalid-file', /tensor "b".*overlap/],
    ['data missing', `{"a":${entry}}`, 3, 'invalid-file', /4 bytes of tensors expected, the file has 3/],
    ['data left over', `{"a":${entry}}`, 5, 'invalid-file', /4 bytes of tensors expected, the file has 5/],
  ])('refuses %s', async (_, header, dataBytes, code, message) => {
    const error = await readSafetensors(bytesSource(fileOf(header, new Uint8Array(dataBytes)))).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ name: 'OstroError', code })
    expect((error as Error).message).toMatch(message)
  })
})

describe('sharded safetensors', () => {
  async function checkpoint(index: unknown): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'ostro-shards-'))
    folders.push(folder)
    await writeFile(join(folder, 'model-00001-of-00002.safetensors'), oneTensor('a', 1))
    await writeFile(join(folder, 'model-00002-of-00002.safetensors'), oneTensor('b', 2))
    await writeFile(
      join(folder, 'model.safetensors.index.json'),
      typeof index === 'string' ? index : JSON.stringify(index),
    )
    return folder
  }

  test('join by the index', async () => {
    const weightMap = { b: 'model-00002-of-00002.safetensors', a: 'model-00001-of-00002.safetensors' }
    const file = await openSafetensors(await checkpoint({ metadata: { total_size: 8 }, weight_map: weightMap }))
    expect([...file.tensors.keys()]).toEqual(['b', 'a'])
    const value = new Uint8Array(4)
    await file.tensors.get('b')?.read(0, value)
    expect(new Float32Array(value.buffer)[0]).toBe(2)
    await file.close()
  })

  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'invalid-file'],
    ['no map', { weight_map: 3 }, 'invalid-file'],
    ['a path out of the folder', { weight_map: { a: '../model.safetensors' } }, 'invalid-file'],
    ['a hidden file', { weight_map: { a: '..' } }, 'invalid-file'],
    ['a tensor that its shard has not', { weight_map: { b: 'model-00001-of-00002.safetensors' } }, 'invalid-file'],
    ['a shard that is missing', { weight_map: { a: 'model-00003-of-00002.safetensors' } }, 'not-found'],
  ])('refuse %s', async (_, index, code) => {
    await expect(openSafetensors(await checkpoint(index))).rejects.toMatchObject({ name: 'OstroError', code })
  })

  test('a folder without either names the single file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ostro-shards-'))
    folders.push(folder)
    await expect(openSafetensors(folder)).rejects.toThrow(/model\.safetensors: no such file/)
  })
})
