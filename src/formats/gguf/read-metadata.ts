/** Reads the key-value section of a GGUF header. */
import { ggufStrings, lengthBytes, type GgufStrings } from './gguf-strings.ts'
import {
  ggufValueTypes,
  type GgufNumbers,
  type GgufScalarType,
  type GgufValue,
  type GgufValueType,
} from './gguf-file.ts'
import { largestWindowBytes, type HeaderCursor } from './header-cursor.ts'

// Real files have some dozens of keys. The limit bounds what the map costs beside the bytes of the file.
const maxKeys = 65_536
// The format's own limit.
const maxKeyBytes = 65_535
// A text (a chat template, a licence, a tokenizer.json) longer than this would not be one.
const maxTextBytes = 256 * 1024 * 1024
// Positions in an array of strings are kept in 32 bits.
const maxStringsBytes = 0xffffffff
// Key length, one letter, type, one byte.
const minEntryBytes = 8 + 1 + 4 + 1

export interface Metadata {
  readonly values: Map<string, GgufValue>
  readonly types: Map<string, GgufValueType>
}

export async function readMetadata(cursor: HeaderCursor, count: number): Promise<Metadata> {
  const most = Math.min(maxKeys, Math.floor(cursor.remaining / minEntryBytes))
  if (count > most) throw cursor.fail(`at most ${most} keys expected, got ${count}`)
  const values = new Map<string, GgufValue>()
  const types = new Map<string, GgufValueType>()
  for (let index = 0; index < count; index++) {
    cursor.subject = `key ${index} of ${count}`
    const start = cursor.position
    const key = await readName(cursor, maxKeyBytes)
    cursor.subject = `key ${JSON.stringify(shortened(key))}`
    if (values.has(key)) throw cursor.fail('each key once expected, got it twice', 'invalid-file', start)
    const type = await readType(cursor)
    if (type === 'array') {
      const element = await readType(cursor)
      if (element === 'array') {
        throw cursor.fail('an array of scalars expected, got an array of arrays', 'unsupported', cursor.position - 4)
      }
      types.set(key, `array<${element}>`)
      values.set(key, await readArray(cursor, element))
    } else {
      types.set(key, type)
      values.set(key, await readScalar(cursor, type))
    }
  }
  return { values, types }
}

/** A non-empty string of at most `maxBytes`: a key or the name of a tensor. */
export async function readName(cursor: HeaderCursor, maxBytes: number): Promise<string> {
  await cursor.need(8)
  const length = cursor.count('a length of the name')
  if (length < 1 || length > maxBytes) {
    throw cursor.fail(`a name of 1 to ${maxBytes} bytes expected, got ${length}`, 'invalid-file', cursor.position - 8)
  }
  const wait = cursor.need(length)
  if (wait !== undefined) await wait
  return cursor.text(length)
}

export function shortened(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name
}

async function readType(cursor: HeaderCursor): Promise<GgufScalarType | 'array'> {
  const wait = cursor.need(4)
  if (wait !== undefined) await wait
  const id = cursor.u32()
  const type = ggufValueTypes[id]
  if (type === undefined) {
    throw cursor.fail(
      `a value type from 0 to ${ggufValueTypes.length - 1} expected, got ${id}`,
      'invalid-file',
      cursor.position - 4,
    )
  }
  return type
}

async function readScalar(cursor: HeaderCursor, type: GgufScalarType): Promise<GgufValue> {
  if (type === 'string') return readText(cursor)
  const wait = cursor.need(elementBytes[type])
  if (wait !== undefined) await wait
  switch (type) {
    case 'u8':
      return cursor.u8()
    case 'i8':
      return (cursor.u8() << 24) >> 24
    case 'u16':
      return cursor.u8() | (cursor.u8() << 8)
    case 'i16':
      return ((cursor.u8() << 16) | (cursor.u8() << 24)) >> 16
    case 'u32':
      return cursor.u32()
    case 'i32':
      return cursor.u32() | 0
    case 'f32':
      return cursor.f32()
    case 'f64':
      return cursor.f64()
    case 'u64':
      return safeOrBig(cursor.u64())
    case 'i64':
      return safeOrBig(cursor.i64())
    case 'bool': {
      const byte = cursor.u8()
      if (byte > 1) throw cursor.fail(`a boolean, 0 or 1, expected, got ${byte}`, 'invalid-file', cursor.position - 1)
      return byte === 1
    }
    default:
      return type satisfies never
  }
}

function safeOrBig(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

async function readText(cursor: HeaderCursor): Promise<string> {
  const wait = cursor.need(8)
  if (wait !== undefined) await wait
  const length = cursor.count('a length of the text')
  const most = Math.min(maxTextBytes, cursor.remaining)
  if (length > most) {
    throw cursor.fail(`a text of at most ${most} bytes expected, got ${length}`, 'invalid-file', cursor.position - 8)
  }
  if (length > largestWindowBytes) return readLongText(cursor, length)
  const filled = cursor.need(length)
  if (filled !== undefined) await filled
  return cursor.text(length)
}

/** Decodes in pieces, so that the bytes and the text of a huge value are never held together. */
async function readLongText(cursor: HeaderCursor, length: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const piece = new Uint8Array(1024 * 1024)
  let text = ''
  for (let done = 0; done < length; done += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, length - done))
    await cursor.copy(cursor.position + done, part)
    text += decoder.decode(part, { stream: true })
  }
  cursor.skip(length)
  return text + decoder.decode()
}

const elementBytes: Readonly<Record<Exclude<GgufScalarType, 'string'>, number>> = {
  u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, bool: 1, u64: 8, i64: 8, f64: 8,
} // prettier-ignore

async function readArray(cursor: HeaderCursor, type: GgufScalarType): Promise<GgufNumbers | GgufStrings> {
  const wait = cursor.need(8)
  if (wait !== undefined) await wait
  const count = cursor.count('a number of entries')
  const leastBytes = type === 'string' ? lengthBytes : elementBytes[type]
  const most = Math.floor(cursor.remaining / leastBytes)
  if (count > most) {
    throw cursor.fail(`at most ${most} entries expected, got ${count}`, 'invalid-file', cursor.position - 8)
  }
  return type === 'string' ? readStrings(cursor, count) : readNumbers(cursor, type, count)
}

async function readNumbers(
  cursor: HeaderCursor,
  type: Exclude<GgufScalarType, 'string'>,
  count: number,
): Promise<GgufNumbers> {
  const bytes = new Uint8Array(count * elementBytes[type])
  await cursor.copy(cursor.position, bytes)
  if (type === 'bool') {
    const wrong = bytes.findIndex((byte) => byte > 1)
    if (wrong >= 0) {
      throw cursor.fail(`booleans, 0 or 1, expected, got ${bytes[wrong]}`, 'invalid-file', cursor.position + wrong)
    }
  }
  cursor.skip(bytes.length)
  return numbersOver(type, bytes.buffer)
}

/** Typed arrays are little-endian on every machine that runs JavaScript today, as the file is. */
function numbersOver(type: Exclude<GgufScalarType, 'string'>, buffer: ArrayBuffer): GgufNumbers {
  switch (type) {
    case 'u8':
    case 'bool':
      return new Uint8Array(buffer)
    case 'i8':
      return new Int8Array(buffer)
    case 'u16':
      return new Uint16Array(buffer)
    case 'i16':
      return new Int16Array(buffer)
    case 'u32':
      return new Uint32Array(buffer)
    case 'i32':
      return new Int32Array(buffer)
    case 'f32':
      return new Float32Array(buffer)
    case 'f64':
      return new Float64Array(buffer)
    case 'u64':
      return new BigUint64Array(buffer)
    case 'i64':
      return new BigInt64Array(buffer)
    default:
      return type satisfies never
  }
}

/** First walks the lengths, then copies the whole array at once: no text is decoded, nothing is copied twice. */
async function readStrings(cursor: HeaderCursor, count: number): Promise<GgufStrings> {
  const begin = cursor.position
  const starts = new Uint32Array(count + 1)
  for (let index = 0; index < count; index++) {
    const wait = cursor.need(lengthBytes)
    if (wait !== undefined) await wait
    const length = cursor.count('a length of the text')
    const left = cursor.remaining
    const start = cursor.position - begin
    if (length > left || start + length > maxStringsBytes) {
      throw cursor.fail(
        `entry ${index} of at most ${left} bytes expected, got ${length}`,
        'invalid-file',
        cursor.position - lengthBytes,
      )
    }
    starts[index] = start
    cursor.skip(length)
  }
  const raw = new Uint8Array(cursor.position - begin)
  starts[count] = raw.length + lengthBytes
  await cursor.copy(begin, raw)
  return ggufStrings(raw, starts)
}
