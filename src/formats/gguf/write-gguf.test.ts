import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { goldenRoot } from '../../../test/support/golden.ts'
import { bytesSource } from '../source.ts'
import type { GgufFile, GgufValue } from './gguf-file.ts'
import { isGgufStrings } from './gguf-strings.ts'
import { openGguf } from './open-gguf.node.ts'
import { readGguf } from './read-gguf.ts'
import { writeGguf, type GgufTensorInput, type WriteGgufOptions } from './write-gguf.ts'

async function bytesOf(options: WriteGgufOptions): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of writeGguf(options)) pieces.push(piece.slice())
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}

function inputsOf(file: GgufFile): GgufTensorInput[] {
  return [...file.tensors.values()].map(({ name, shape, type, sizeBytes, read }) => ({
    name,
    shape,
    type,
    async *data() {
      for (let done = 0; done < sizeBytes; done += 1000) {
        const piece = new Uint8Array(Math.min(1000, sizeBytes - done))
        await read(done, piece)
        yield piece
      }
    },
  }))
}

describe('writeGguf', () => {
  test('writes a file of the reference writer again, byte for byte', async () => {
    const path = join(goldenRoot, 'llama/model.gguf')
    const file = await openGguf(path)
    const written = await bytesOf({
      metadata: file.metadata,
      metadataTypes: file.metadataTypes,
      tensors: inputsOf(file),
    })
    expect(Buffer.compare(written, await readFile(path))).toBe(0)
    await file.close()
  })

  test('infers types and reads back as it was', async () => {
    const metadata = new Map<string, GgufValue | readonly string[]>([
      ['text', 'ß'],
      ['yes', true],
      ['count', 7],
      ['negative', -7],
      ['large', 2 ** 40],
      ['huge', 2n ** 63n],
      ['half', 0.5],
      ['strings', ['a', '😀']],
      ['floats', Float32Array.of(1, 2.5)],
      ['longs', BigInt64Array.of(-1n)],
      ['general.alignment', 256],
    ])
    const data = () => [new Uint8Array(8).fill(9)]
    const file = await readGguf(
      bytesSource(await bytesOf({ metadata, tensors: [{ name: 't', shape: [2], type: 'f32', data }] })),
    )
    expect(Object.fromEntries(file.metadataTypes)).toEqual({
      text: 'string',
      yes: 'bool',
      count: 'u32',
      negative: 'i32',
      large: 'u64',
      huge: 'u64',
      half: 'f32',
      strings: 'array<string>',
      floats: 'array<f32>',
      longs: 'array<i64>',
      'general.alignment': 'u32',
    })
    for (const [key, value] of file.metadata) {
      expect(isGgufStrings(value) ? value.toArray() : value, key).toEqual(metadata.get(key))
    }
    expect(file.tensors.get('t')?.offset).toBe(512)
  })

  test('asks for one tensor after the other, never for all', async () => {
    const asked: string[] = []
    const tensor = (name: string): GgufTensorInput => ({
      name,
      shape: [8],
      type: 'f32',
      data() {
        asked.push(name)
        return [new Uint8Array(32)]
      },
    })
    const seen: number[] = []
    for await (const _ of writeGguf({ metadata: new Map(), tensors: [tensor('a'), tensor('b')] }))
      seen.push(asked.length)
    expect(seen).toEqual([0, 1, 2])
  })

  test('places tensors beyond 4 GiB without holding them', async () => {
    const zeros = new Uint8Array(2 ** 26)
    const large: GgufTensorInput = {
      name: 'large',
      shape: [2 ** 10, 2 ** 20],
      type: 'f32',
      data: () => new Array<Uint8Array>(64).fill(zeros),
    }
    const small: GgufTensorInput = { name: 'small', shape: [1], type: 'f32', data: () => [new Uint8Array(4).fill(1)] }
    let header: Uint8Array | undefined
    let sizeBytes = 0
    for await (const piece of writeGguf({ metadata: new Map(), tensors: [large, small] })) {
      header ??= piece
      sizeBytes += piece.length
    }
    if (header === undefined) throw new Error('a header expected')
    const known = header
    // A source of that size whose bytes beyond the header are never read.
    const file = await readGguf({
      name: 'large',
      sizeBytes,
      read: async (offset, into) => into.set(known.subarray(offset, offset + into.length)),
      close: async () => {},
    })
    expect(file.tensors.get('small')?.offset).toBe(known.length + 2 ** 32)
  })

  test.each<[string, Partial<WriteGgufOptions>, RegExp]>([
    [
      'too little data',
      { tensors: [{ name: 't', shape: [2], type: 'f32', data: () => [new Uint8Array(4)] }] },
      /tensor "t": 8 bytes/,
    ],
    [
      'too much data',
      { tensors: [{ name: 't', shape: [2], type: 'f32', data: () => [new Uint8Array(12)] }] },
      /tensor "t": 8 bytes/,
    ],
    ['half a block', { tensors: [{ name: 't', shape: [16], type: 'q8_0', data: () => [] }] }, /multiple of 32/],
    ['no shape', { tensors: [{ name: 't', shape: [], type: 'f32', data: () => [] }] }, /dimensions/],
    ['a value out of range', { metadata: new Map([['k', 256]]), metadataTypes: new Map([['k', 'u8']]) }, /key "k"/],
    ['a value of another type', { metadata: new Map([['k', 'x']]), metadataTypes: new Map([['k', 'u8']]) }, /key "k"/],
    ['an odd alignment', { metadata: new Map([['general.alignment', 48]]) }, /power of two/],
  ])('refuses %s', async (_, options, message) => {
    const error = await bytesOf({ metadata: new Map(), tensors: [], ...options }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'invalid-argument' })
    expect((error as Error).message).toMatch(message)
  })

  test('stops when aborted', async () => {
    const data = () => [new Uint8Array(8)]
    const options = {
      metadata: new Map(),
      tensors: [{ name: 't', shape: [2], type: 'f32', data }],
      signal: AbortSignal.abort(),
    } as const
    await expect(bytesOf(options)).rejects.toMatchObject({ code: 'aborted' })
  })
})
