import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { goldenRoot, readGoldenTensors } from '../../../test/support/golden.ts'
import { bytesSource } from '../source.ts'
import { isGgufStrings } from './gguf-strings.ts'
import { openGguf } from './open-gguf.node.ts'
import { readGguf } from './read-gguf.ts'
import { writeGguf, type GgufTensorInput, type WriteGgufOptions } from './write-gguf.ts'

const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

async function bytesOf(options: WriteGgufOptions): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of writeGguf(options)) pieces.push(piece.slice())
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}

function tensorOf(name: string, first: number): GgufTensorInput {
  return { name, shape: [2, 3], type: 'f32', data: () => [new Uint8Array(new Float32Array(6).fill(first).buffer)] }
}

/** A file of one key, `k`, and its raw bytes after the type. */
function oneKey(type: number, ...value: number[]): Uint8Array {
  const head = [0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...long(0), ...long(1), ...long(1), 0x6b, type, 0, 0, 0]
  return Uint8Array.from([...head, ...value])
}

function long(value: number): number[] {
  return [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)]
}

async function valueOf(bytes: Uint8Array): Promise<unknown> {
  const value = (await readGguf(bytesSource(bytes))).metadata.get('k')
  return isGgufStrings(value) ? value.toArray() : value
}

describe('readGguf on a file of the reference writer', () => {
  test('reads what the file holds', async () => {
    const file = await openGguf(join(goldenRoot, 'llama/model.gguf'))
    const expected = readGoldenTensors(join(goldenRoot, 'llama/model.safetensors'))
    expect(file.version).toBe(3)
    expect(file.metadata.get('general.architecture')).toBe('llama')
    expect(file.metadataTypes.get('tokenizer.ggml.tokens')).toBe('array<string>')
    const tensor = file.tensors.get('token_embd.weight')
    const data = expected.get('model.embed_tokens.weight')
    if (tensor === undefined || data === undefined) throw new Error('the embedding expected in both files')
    expect(tensor.type).toBe('f32')
    // The reference writer pads the vocabulary, never cuts it.
    expect(tensor.shape).toEqual(data.shape)
    const bytes = new Uint8Array(tensor.sizeBytes)
    await tensor.read(0, bytes)
    expect(new Float32Array(bytes.buffer)).toEqual(data.data)
    const row = new Uint8Array(tensor.shape[1] * 4)
    await tensor.read(row.length * 3, row)
    expect(row).toEqual(bytes.slice(row.length * 3, row.length * 4))
    await expect(tensor.read(tensor.sizeBytes - 3, new Uint8Array(4))).rejects.toMatchObject({
      code: 'invalid-argument',
    })
    await file.close()
  })
})

describe('metadata values', () => {
  test.each<[string, Uint8Array, unknown]>([
    ['u8', oneKey(0, 200), 200],
    ['i8', oneKey(1, 253), -3],
    ['u16', oneKey(2, 1, 255), 0xff01],
    ['i16', oneKey(3, 0, 0x80), -0x8000],
    ['u32', oneKey(4, 255, 255, 255, 255), 0xffffffff],
    ['i32', oneKey(5, 254, 255, 255, 255), -2],
    ['f32', oneKey(6, 0, 0, 0x20, 0xc1), -10],
    ['bool', oneKey(7, 1), true],
    ['string', oneKey(8, ...long(3), 0xef, 0xbb, 0xbf), '\uFEFF'],
    ['safe u64', oneKey(10, ...long(2 ** 53 - 1)), 2 ** 53 - 1],
    ['large u64', oneKey(10, ...long(2 ** 53)), 2n ** 53n],
    ['i64', oneKey(11, 255, 255, 255, 255, 255, 255, 255, 255), -1],
    ['large i64', oneKey(11, 0, 0, 0, 0, 0, 0, 0, 0x80), -(2n ** 63n)],
    ['f64', oneKey(12, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f), 0.5],
    [
      'strings',
      oneKey(9, 8, 0, 0, 0, ...long(3), ...long(2), 0x68, 0x69, ...long(0), ...long(2), 0xc3, 0x9f),
      ['hi', '', 'ß'],
    ],
    ['no strings', oneKey(9, 8, 0, 0, 0, ...long(0)), []],
    ['i16 array', oneKey(9, 3, 0, 0, 0, ...long(2), 1, 0, 255, 255), Int16Array.of(1, -1)],
    ['u64 array', oneKey(9, 10, 0, 0, 0, ...long(1), ...long(7)), BigUint64Array.of(7n)],
    ['bool array', oneKey(9, 7, 0, 0, 0, ...long(2), 0, 1), Uint8Array.of(0, 1)],
  ])('%s', async (_, bytes, expected) => {
    expect(await valueOf(bytes)).toEqual(expected)
  })

  test('strings keep the bytes that are not UTF-8', async () => {
    const file = await readGguf(bytesSource(oneKey(9, 8, 0, 0, 0, ...long(1), ...long(2), 0xff, 0x41)))
    const value = file.metadata.get('k')
    if (!isGgufStrings(value)) throw new Error('strings expected')
    expect(value.bytesAt(0)).toEqual(Uint8Array.of(0xff, 0x41))
    expect(value.at(0)).toBe('\uFFFDA')
    expect(() => value.at(1)).toThrow(RangeError)
  })

  test.each([
    ['plain', ['a', '', 'ß😀', '\uFEFF', 'x'.repeat(300)]],
    ['one empty', ['']],
    ['with the separator of the fast path', ['a\u001eb', '\u001e', 'c']],
  ])('strings decode the same one by one and together: %s', async (_, texts) => {
    const file = await readGguf(bytesSource(await bytesOf({ metadata: new Map([['k', texts]]), tensors: [] })))
    const value = file.metadata.get('k')
    if (!isGgufStrings(value)) throw new Error('strings expected')
    expect(value.toArray()).toEqual(texts)
    expect([...value]).toEqual(texts)
  })

  test('characters torn over two entries are not joined', async () => {
    const bytes = oneKey(9, 8, 0, 0, 0, ...long(2), ...long(1), 0xc3, ...long(1), 0x9f)
    expect(await valueOf(bytes)).toEqual(['\uFFFD', '\uFFFD'])
  })

  test('a text longer than the window is read whole', async () => {
    const text = 'aß😀'.repeat(1_500_000)
    const bytes = await bytesOf({
      metadata: new Map([
        ['k', text],
        ['after', '1'],
      ]),
      tensors: [],
    })
    const file = await readGguf(bytesSource(bytes))
    expect(file.metadata.get('k') === text).toBe(true)
    expect(file.metadata.get('after')).toBe('1')
  })
})

describe('what is refused', () => {
  test.each<[string, Uint8Array, string, RegExp]>([
    ['an empty file', new Uint8Array(0), 'invalid-file', /header, byte 0/],
    ['another magic', oneKey(0, 1).with(0, 0x48), 'invalid-file', /magic/],
    ['version 1', oneKey(0, 1).with(4, 1), 'unsupported', /version 2 or 3 expected, got 1/],
    ['a big-endian file', oneKey(0, 1).with(4, 0).with(7, 3), 'unsupported', /big-endian/],
    ['more keys than fit', oneKey(0, 1).with(16, 99), 'invalid-file', /at most \d+ keys expected, got 99/],
    ['more tensors than fit', oneKey(0, 1).with(8, 1), 'invalid-file', /at most 0 tensors expected, got 1/],
    ['a key without a name', oneKey(0, 1).with(24, 0), 'invalid-file', /name of 1 to/],
    ['an unknown value type', oneKey(13, 1), 'invalid-file', /key "k", byte 33: a value type/],
    ['a boolean of 2', oneKey(7, 2), 'invalid-file', /key "k", byte 37/],
    ['nested arrays', oneKey(9, 9, 0, 0, 0, ...long(1)), 'unsupported', /array of arrays/],
    ['a text beyond the file', oneKey(8, ...long(4), 1), 'invalid-file', /key "k", byte 37: a text of at most 1 bytes/],
    ['an array beyond the file', oneKey(9, 4, 0, 0, 0, ...long(2), 0, 0, 0, 0), 'invalid-file', /at most 1 entries/],
    ['a length of 2^64 - 1', oneKey(8, ...new Array<number>(8).fill(255)), 'invalid-file', /below 2\^53/],
  ])('%s', async (_, bytes, code, message) => {
    const error = await readGguf(bytesSource(bytes)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'OstroError', code })
    expect((error as Error).message).toMatch(message)
  })

  test.each<[string, number, bigint, string, RegExp]>([
    ['no dimensions', 0, 0n, 'invalid-file', /tensor "w", byte 33: 1 to 4 dimensions/],
    ['five dimensions', 0, 5n, 'invalid-file', /1 to 4 dimensions expected, got 5/],
    ['a dimension of 0', 4, 0n, 'invalid-file', /tensor "w", byte 37: dimension 0 of at least 1/],
    ['a product that wraps', 4, 1n << 50n, 'invalid-file', /tensor "w", byte 37: a tensor that fits/],
    ['rows of half a block', 4, 33n, 'invalid-file', /multiple of 32 \(q8_0\)/],
    ['an unknown type', 20, 4n, 'unsupported', /tensor "w", byte 53: a known tensor type expected, got 4/],
    ['an odd offset', 24, 8n, 'invalid-file', /tensor "w", byte 57: .*multiple of 32/],
    ['an offset beyond the file', 24, 1n << 40n, 'invalid-file', /tensor "w", byte 57/],
    ['data beyond the file', 24, 64n, 'invalid-file', /tensor "w", byte 57: 68 bytes of data at 160/],
  ])('a tensor with %s', async (_, at, value, code, message) => {
    const tensor: GgufTensorInput = { name: 'w', shape: [2, 32], type: 'q8_0', data: () => [new Uint8Array(68)] }
    const bytes = await bytesOf({ metadata: new Map(), tensors: [tensor] })
    const view = new DataView(bytes.buffer)
    const entry = 24 + 8 + 1
    if (at === 0 || at === 20) view.setUint32(entry + at, Number(value), true)
    else view.setBigUint64(entry + at, value, true)
    const error = await readGguf(bytesSource(bytes)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'OstroError', code })
    expect((error as Error).message).toMatch(message)
  })

  test('a name that comes twice', async () => {
    const twoKeys = await bytesOf({
      metadata: new Map([
        ['a1', 1],
        ['a2', 2],
      ]),
      tensors: [],
    })
    twoKeys[24 + 8 + 2 + 8 + 8 + 1] = 0x31
    await expect(readGguf(bytesSource(twoKeys))).rejects.toThrow(/key "a1", byte 42: each key once/)
    const twoTensors = await bytesOf({ metadata: new Map(), tensors: [tensorOf('t1', 1), tensorOf('t2', 2)] })
    twoTensors[24 + 42 + 8 + 1] = 0x31
    await expect(readGguf(bytesSource(twoTensors))).rejects.toThrow(/tensor "t1", byte 66: each tensor once/)
  })

  test('an alignment that is no power of two', async () => {
    const bytes = await bytesOf({ metadata: new Map([['general.alignment', 64]]), tensors: [] })
    bytes[24 + 8 + 17 + 4] = 48
    await expect(readGguf(bytesSource(bytes))).rejects.toThrow(/key "general.alignment".*power of two/)
  })
})

describe('split files', () => {
  async function part(
    index: number,
    count: number,
    tensors: readonly GgufTensorInput[],
    total: number,
  ): Promise<Uint8Array> {
    const bytes = await bytesOf({
      // The writer leaves out keys named `split.*`, so write others of the same length and rename them.
      metadata: new Map<string, number>([
        ['tilps.no', index],
        ['tilps.count', count],
        ['tilps.tensors.count', total],
      ]),
      metadataTypes: new Map([
        ['tilps.no', 'u16'],
        ['tilps.count', 'u16'],
        ['tilps.tensors.count', 'i32'],
      ]),
      tensors,
    })
    const text = new TextDecoder('latin1').decode(bytes)
    for (const found of text.matchAll(/tilps/g)) bytes.set(new TextEncoder().encode('split'), found.index)
    return bytes
  }

  test('are joined, from any part on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ostro-split-'))
    folders.push(folder)
    for (const index of [0, 1, 2]) {
      const bytes = await part(index, 3, [tensorOf(`t${index}`, index)], 3)
      await writeFile(join(folder, `model-0000${index + 1}-of-00003.gguf`), bytes)
    }
    for (const start of [1, 3]) {
      const file = await openGguf(join(folder, `model-0000${start}-of-00003.gguf`))
      expect([...file.tensors.keys()]).toEqual(['t0', 't1', 't2'])
      const value = new Uint8Array(4)
      await file.tensors.get('t2')?.read(4, value)
      expect(new Float32Array(value.buffer)).toEqual(Float32Array.of(2))
      await file.close()
    }
    await rm(join(folder, 'model-00002-of-00003.gguf'))
    await expect(openGguf(join(folder, 'model-00001-of-00003.gguf'))).rejects.toMatchObject({ code: 'not-found' })
  })

  test('must be whole, in order and without repetition', async () => {
    const first = bytesSource(await part(0, 2, [tensorOf('t0', 0)], 2))
    const second = bytesSource(await part(1, 2, [tensorOf('t1', 1)], 2))
    expect((await readGguf([first, second])).tensors.size).toBe(2)
    await expect(readGguf([])).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(readGguf(first)).rejects.toMatchObject({ code: 'not-found' })
    await expect(readGguf([second, first])).rejects.toThrow(/split.no/)
    const twice = bytesSource(await part(1, 2, [tensorOf('t0', 1)], 2))
    await expect(readGguf([first, twice])).rejects.toThrow(/tensor "t0"/)
    const miscounted = bytesSource(await part(0, 2, [tensorOf('t0', 0)], 3))
    await expect(readGguf([miscounted, second])).rejects.toThrow(/split.tensors.count/)
  })
})
