/**
 * Writes GGUF version 3 as a stream of bytes. Sizes follow from shapes, so the header is complete before the first tensor is
 * produced, and tensors are asked for their data one after the other: a file may be larger than memory.
 */
import type { BlockType, BlockTypeName } from '../../quant/block-type.ts'
import { blockTypes } from '../../quant/index.ts'
import { OstroError } from '../../util/error.ts'
import {
  ggufValueTypes,
  type GgufNumbers,
  type GgufScalarType,
  type GgufValue,
  type GgufValueType,
} from './gguf-file.ts'
import { isGgufStrings, type GgufStrings } from './gguf-strings.ts'

export interface GgufTensorInput {
  readonly name: string
  /** Row-major, outermost first. */
  readonly shape: readonly number[]
  readonly type: BlockTypeName
  /** Called once, when the tensor's turn has come; the pieces may have any size and must add up to the tensor's. */
  readonly data: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export interface WriteGgufOptions {
  /** Keys named `split.*` are left out: the result is one file. `general.alignment` sets the alignment, 32 by default. */
  readonly metadata: ReadonlyMap<string, GgufValue | readonly string[]>
  /** Types of keys. Without: integers are `u32`, or the smallest of `i32`, `u64`, `i64` that fits; other numbers `f32`. */
  readonly metadataTypes?: ReadonlyMap<string, GgufValueType>
  readonly tensors: readonly GgufTensorInput[]
  readonly signal?: AbortSignal
}

const defaultAlignment = 32
const utf8 = new TextEncoder()

/**
 * Streams the bytes of a GGUF file: give it to `fs.writeFile`, a `Response` or a loop.
 * @throws OstroError 'invalid-argument' where a shape, type or value cannot be written or a tensor's data has the wrong size
 * @example
 * await writeFile(path, writeGguf({ metadata: file.metadata, metadataTypes: file.metadataTypes, tensors }))
 */
export async function* writeGguf(options: WriteGgufOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const metadata = new Map([...options.metadata].filter(([key]) => !key.startsWith('split.')))
  const alignment = alignmentOf(metadata)
  const layouts = options.tensors.map(layoutOf)
  checkNames(options.tensors)
  const header = byteWriter()
  header.bytes(utf8.encode('GGUF'))
  header.u32(3)
  header.u64(BigInt(layouts.length))
  header.u64(BigInt(metadata.size))
  for (const [key, value] of metadata) writeKey(header, key, value, options.metadataTypes?.get(key))
  let offset = 0
  for (const { tensor, type, sizeBytes } of layouts) {
    header.text(tensor.name)
    header.u32(tensor.shape.length)
    for (const size of tensor.shape.toReversed()) header.u64(BigInt(size))
    header.u32(type.ggufId)
    header.u64(BigInt(offset))
    offset += sizeBytes + paddingAfter(sizeBytes, alignment)
  }
  header.bytes(new Uint8Array(paddingAfter(header.length(), alignment)))
  yield header.finish()
  for (const layout of layouts) {
    yield* tensorData(layout, options.signal)
    const padding = paddingAfter(layout.sizeBytes, alignment)
    if (padding > 0) yield new Uint8Array(padding)
  }
}

interface TensorLayout {
  readonly tensor: GgufTensorInput
  readonly type: BlockType
  readonly sizeBytes: number
}

async function* tensorData(
  { tensor, sizeBytes }: TensorLayout,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const piece of tensor.data()) {
    if (signal?.aborted) {
      throw new OstroError(
        'aborted',
        `writeGguf: writing tensor "${tensor.name}" was aborted.`,
        {},
        { cause: signal.reason },
      )
    }
    done += piece.length
    if (done > sizeBytes) throw tensorFault(tensor, `${sizeBytes} bytes of data`, `${done} or more`)
    yield piece
  }
  if (done !== sizeBytes) throw tensorFault(tensor, `${sizeBytes} bytes of data`, `${done}`)
}

function layoutOf(tensor: GgufTensorInput): TensorLayout {
  const { shape } = tensor
  const type = blockTypes.get(tensor.type)
  if (type === undefined) throw tensorFault(tensor, 'a known type', tensor.type)
  if (shape.length < 1 || shape.length > 4 || !shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw tensorFault(tensor, '1 to 4 whole dimensions above 0', `[${shape.join(', ')}]`)
  }
  if (shape[shape.length - 1] % type.blockLength !== 0) {
    throw tensorFault(tensor, `rows of a multiple of ${type.blockLength} (${type.name})`, `${shape[shape.length - 1]}`)
  }
  const elements = shape.reduce((product, size) => product * BigInt(size), 1n)
  const sizeBytes = Number((elements / BigInt(type.blockLength)) * BigInt(type.blockBytes))
  if (!Number.isSafeInteger(sizeBytes)) throw tensorFault(tensor, 'less than 2^53 bytes', `${sizeBytes}`)
  return { tensor, type, sizeBytes }
}

function checkNames(tensors: readonly GgufTensorInput[]): void {
  const names = new Set<string>()
  for (const tensor of tensors) {
    if (tensor.name === '' || names.has(tensor.name)) throw tensorFault(tensor, 'a name of its own', `"${tensor.name}"`)
    names.add(tensor.name)
  }
}

function alignmentOf(metadata: ReadonlyMap<string, unknown>): number {
  const value = metadata.get('general.alignment') ?? defaultAlignment
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || (value & (value - 1)) !== 0) {
    throw keyFault('general.alignment', 'a power of two', value)
  }
  return value
}

function paddingAfter(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment
}

function writeKey(
  writer: ByteWriter,
  key: string,
  value: GgufValue | readonly string[],
  declared?: GgufValueType,
): void {
  const type = declared ?? inferredType(key, value)
  writer.text(key)
  const element = /^array<(.*)>$/.exec(type)?.[1]
  if (element === undefined) {
    writer.u32(typeNumber(type))
    writeScalar(writer, key, type as GgufScalarType, value)
    return
  }
  if (typeof value !== 'object') throw keyFault(key, type, value)
  writer.u32(typeNumber('array'))
  writer.u32(typeNumber(element))
  writer.u64(BigInt(value.length))
  writeEntries(writer, key, element as GgufScalarType, value)
}

function typeNumber(type: string): number {
  return ggufValueTypes.findIndex((name) => name === type)
}

function inferredType(key: string, value: GgufValue | readonly string[]): GgufValueType {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return value < 0n ? 'i64' : 'u64'
    case 'number':
      if (!Number.isSafeInteger(value)) return 'f32'
      if (value < 0) return value >= -0x80000000 ? 'i32' : 'i64'
      return value <= 0xffffffff ? 'u32' : 'u64'
    case 'object':
      if (Array.isArray(value) || isGgufStrings(value)) return 'array<string>'
      return `array<${elementTypeOf(key, value as GgufNumbers)}>`
    default:
      throw keyFault(key, 'a GGUF value', value)
  }
}

function elementTypeOf(key: string, values: GgufNumbers): GgufScalarType {
  if (values instanceof Uint8Array) return 'u8'
  if (values instanceof Int8Array) return 'i8'
  if (values instanceof Uint16Array) return 'u16'
  if (values instanceof Int16Array) return 'i16'
  if (values instanceof Uint32Array) return 'u32'
  if (values instanceof Int32Array) return 'i32'
  if (values instanceof Float32Array) return 'f32'
  if (values instanceof Float64Array) return 'f64'
  if (values instanceof BigUint64Array) return 'u64'
  if (values instanceof BigInt64Array) return 'i64'
  throw keyFault(key, 'strings or a typed array', values)
}

function writeEntries(
  writer: ByteWriter,
  key: string,
  type: GgufScalarType,
  values: GgufNumbers | GgufStrings | readonly string[],
): void {
  if (isGgufStrings(values)) {
    if (type !== 'string') throw keyFault(key, `an array of ${type}`, values)
    for (let index = 0; index < values.length; index++) writer.sized(values.bytesAt(index))
  } else if (
    ArrayBuffer.isView(values) &&
    (type === elementTypeOf(key, values) || (type === 'bool' && values instanceof Uint8Array))
  ) {
    writer.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  } else {
    for (const value of values) writeScalar(writer, key, type, value)
  }
}

/** The range of each integer type, so that a value that does not fit is an error and not another value. */
const integerBits = { u8: 8, i8: 8, u16: 16, i16: 16, u32: 32, i32: 32, u64: 64, i64: 64 } as const

function writeScalar(writer: ByteWriter, key: string, type: GgufScalarType, value: unknown): void {
  if (type === 'string') {
    if (typeof value !== 'string') throw keyFault(key, 'a string', value)
    writer.text(value)
  } else if (type === 'bool') {
    if (typeof value !== 'boolean' && value !== 0 && value !== 1) throw keyFault(key, 'a boolean', value)
    writer.integer(BigInt(value), 8)
  } else if (type === 'f32' || type === 'f64') {
    if (typeof value !== 'number') throw keyFault(key, 'a number', value)
    writer.float(value, type === 'f32' ? 32 : 64)
  } else {
    const bits = integerBits[type]
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw keyFault(key, `an integer (${type})`, value)
    const integer = BigInt(value as number | bigint)
    const fits = type.startsWith('u') ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer)
    if (fits !== integer) throw keyFault(key, `an integer of ${type}`, value)
    writer.integer(integer, bits)
  }
}

interface ByteWriter {
  bytes(bytes: Uint8Array): void
  u32(value: number): void
  u64(value: bigint): void
  integer(value: bigint, bits: 8 | 16 | 32 | 64): void
  float(value: number, bits: 32 | 64): void
  /** Bytes with their length before them. */
  sized(bytes: Uint8Array): void
  text(text: string): void
  length(): number
  finish(): Uint8Array
}

function byteWriter(): ByteWriter {
  let buffer = new Uint8Array(64 * 1024)
  let view = new DataView(buffer.buffer)
  let length = 0

  /** Makes room and returns where it is. */
  function take(count: number): number {
    if (length + count > buffer.length) {
      const larger = new Uint8Array(Math.max(buffer.length * 2, length + count))
      larger.set(buffer)
      buffer = larger
      view = new DataView(larger.buffer)
    }
    length += count
    return length - count
  }

  const writer: ByteWriter = {
    bytes(bytes) {
      const at = take(bytes.length)
      buffer.set(bytes, at)
    },
    u32: (value) => writer.integer(BigInt(value), 32),
    u64: (value) => writer.integer(value, 64),
    integer(value, bits) {
      const at = take(bits / 8)
      if (bits === 8) view.setUint8(at, Number(BigInt.asUintN(8, value)))
      else if (bits === 16) view.setUint16(at, Number(BigInt.asUintN(16, value)), true)
      else if (bits === 32) view.setUint32(at, Number(BigInt.asUintN(32, value)), true)
      else view.setBigUint64(at, BigInt.asUintN(64, value), true)
    },
    float(value, bits) {
      const at = take(bits / 8)
      if (bits === 32) view.setFloat32(at, value, true)
      else view.setFloat64(at, value, true)
    },
    sized(bytes) {
      writer.u64(BigInt(bytes.length))
      writer.bytes(bytes)
    },
    text: (text) => writer.sized(utf8.encode(text)),
    length: () => length,
    finish: () => buffer.subarray(0, length),
  }
  return writer
}

function tensorFault(tensor: GgufTensorInput, expected: string, got: string): OstroError {
  return new OstroError('invalid-argument', `writeGguf: tensor "${tensor.name}": ${expected} expected, got ${got}.`, {
    tensor: tensor.name,
  })
}

function keyFault(key: string, expected: string, value: unknown): OstroError {
  const got = `${typeof value} ${String(value).slice(0, 40)}`
  return new OstroError('invalid-argument', `writeGguf: key "${key}": ${expected} expected, got ${got}.`, { key })
}
