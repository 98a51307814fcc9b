import { describe, expect, test } from 'vitest'
import type { GgufValue, GgufValueType } from './gguf-file.ts'
import { metadataReader } from './metadata-reader.ts'

const entries: readonly [string, GgufValueType, GgufValue][] = [
  ['name', 'string', 'llama'],
  ['count', 'u32', 7],
  ['rate', 'f32', 0.5],
  ['huge', 'u64', 2n ** 60n],
  ['nothing', 'f32', Number.NaN],
  ['yes', 'bool', true],
  ['numbers', 'array<i32>', Int32Array.of(1, -2)],
  ['longs', 'array<u64>', BigUint64Array.of(3n)],
  ['hugeLongs', 'array<u64>', BigUint64Array.of(2n ** 60n)],
  ['flags', 'array<bool>', Uint8Array.of(0, 1)],
]
const reader = metadataReader({
  metadata: new Map(entries.map(([key, , value]) => [key, value])),
  metadataTypes: new Map(entries.map(([key, type]) => [key, type])),
})

describe('metadataReader', () => {
  test('gives values of the type asked for', () => {
    expect(reader.getString('name')).toBe('llama')
    expect(reader.getNumber('rate')).toBe(0.5)
    expect(reader.getCount('count')).toBe(7)
    expect(reader.getBoolean('yes')).toBe(true)
    expect(reader.getNumbers('numbers')).toEqual([1, -2])
    expect(reader.getNumbers('longs')).toEqual([3])
    expect(reader.getBooleans('flags')).toEqual([false, true])
    expect(reader.has('name')).toBe(true)
    expect(reader.has('other')).toBe(false)
  })

  test('a missing key is an error, or the fallback, which may be undefined', () => {
    expect(() => reader.getCount('llama.block_count')).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(() => reader.getCount('llama.block_count')).toThrow(/"llama.block_count"/)
    expect(reader.getCount('llama.block_count', 3)).toBe(3)
    expect(reader.getStrings('tokens', undefined)).toBeUndefined()
  })

  test.each<[string, () => unknown]>([
    ['a string for a number', () => reader.getNumber('name', 1)],
    ['a number for a string', () => reader.getString('count', '')],
    ['not a number', () => reader.getNumber('nothing')],
    ['a fraction for a count', () => reader.getCount('rate')],
    ['an unsafe integer', () => reader.getNumber('huge')],
    ['unsafe integers', () => reader.getNumbers('hugeLongs')],
    ['numbers for strings', () => reader.getStrings('numbers')],
    ['numbers for booleans', () => reader.getBooleans('numbers')],
    ['an array for a number', () => reader.getNumber('numbers')],
  ])('%s is an error even with a fallback', (_, get) => {
    expect(get).toThrow(expect.objectContaining({ code: 'invalid-file' }))
  })
})
