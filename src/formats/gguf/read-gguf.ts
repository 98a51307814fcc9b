/**
 * Reads GGUF, versions 2 and 3: the header only; tensors are read when asked for. A header is input from a stranger: every
 * number is checked against the length of the file before it is used, and each error names the key or tensor and the byte.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import type { BlockType } from '../../quant/block-type.ts'
import { blockTypeByGgufId } from '../../quant/index.ts'
import { OstroError } from '../../util/error.ts'
import { checkRange, type ByteSource } from '../source.ts'
import type { GgufFile, GgufTensor, GgufValue, GgufValueType } from './gguf-file.ts'
import { headerCursor, type HeaderCursor } from './header-cursor.ts'
import { readMetadata, readName, shortened } from './read-metadata.ts'

const magic = 0x46554747 // 'GGUF'
const defaultAlignment = 32
const maxAlignment = 1024 * 1024
const maxDimensions = 4
// Bounds what the map of tensors costs beside the bytes of the file (measured: 350 bytes each); the largest models that merge
// their experts, as the format wants, have some thousand.
const maxTensors = 32_768
const maxTensorNameBytes = 1024
// Name length, one letter, one dimension, type, offset.
const minTensorEntryBytes = 8 + 1 + 4 + 8 + 4 + 8

export interface ReadGgufOptions {
  readonly signal?: AbortSignal
}

interface GgufPart extends Omit<GgufFile, 'close'> {
  readonly name: string
}

/**
 * Reads the header of a GGUF file, or of all parts of a split file in order.
 *
 * The returned file owns the sources: `close` closes them. Where reading fails they stay open.
 * @throws OstroError 'invalid-file' where a byte is not what the format demands, 'unsupported' where the version or a tensor's
 * type is unknown, 'not-found' where parts are missing, and what the source throws
 * @example
 * const file = await readGguf(bytesSource(bytes))
 * const architecture = metadataReader(file).getString('general.architecture')
 */
export async function readGguf(
  sources: ByteSource | readonly ByteSource[],
  options: ReadGgufOptions = {},
): Promise<GgufFile> {
  const list = 'read' in sources ? [sources] : sources
  const parts: GgufPart[] = []
  for (const source of list) parts.push(await readPart(source, options.signal))
  const close = async (): Promise<void> => {
    for (const source of list) await source.close()
  }
  return { ...joinParts(parts), close }
}

async function readPart(source: ByteSource, signal?: AbortSignal): Promise<GgufPart> {
  const cursor = headerCursor(source, signal)
  await cursor.need(24)
  const found = cursor.u32()
  if (found !== magic) throw cursor.fail(`the magic "GGUF" expected, got 0x${found.toString(16)}`, 'invalid-file', 0)
  const version = cursor.u32()
  if (version !== 2 && version !== 3) {
    const swapped = (version & 0xffff) === 0 && version !== 0
    throw cursor.fail(`version 2 or 3 expected, got ${swapped ? 'a big-endian file' : version}`, 'unsupported', 4)
  }
  const tensorCount = cursor.count('a number of tensors')
  const keyCount = cursor.count('a number of keys')
  const { values, types } = await readMetadata(cursor, keyCount)
  const alignment = readAlignment(cursor, values, types)
  const tensors = await readTensors(cursor, source, tensorCount, alignment)
  return {
    name: source.name,
    version,
    sizeBytes: source.sizeBytes,
    metadata: values,
    metadataTypes: types,
    tensors,
    alignment,
  }
}

function readAlignment(
  cursor: HeaderCursor,
  values: ReadonlyMap<string, GgufValue>,
  types: ReadonlyMap<string, GgufValueType>,
): number {
  cursor.subject = 'key "general.alignment"'
  const value = values.get('general.alignment') ?? defaultAlignment
  const type = types.get('general.alignment') ?? 'u32'
  const valid =
    typeof value === 'number' && type === 'u32' && value > 0 && value <= maxAlignment && (value & (value - 1)) === 0
  if (!valid)
    throw cursor.fail(
      `a u32, a power of two up to ${maxAlignment}, expected, got ${type} ${String(value).slice(0, 40)}`,
    )
  return value
}

interface TensorEntry {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: BlockType
  readonly sizeBytes: number
  readonly relativeOffset: number
  /** Where the entry's offset stands in the file, for messages. */
  readonly byteOffset: number
}

async function readTensors(
  cursor: HeaderCursor,
  source: ByteSource,
  count: number,
  alignment: number,
): Promise<Map<string, GgufTensor>> {
  cursor.subject = 'list of tensors'
  const most = Math.min(maxTensors, Math.floor(cursor.remaining / minTensorEntryBytes))
  if (count > most) throw cursor.fail(`at most ${most} tensors expected, got ${count}`, 'invalid-file', 8)
  const entries = new Map<string, TensorEntry>()
  for (let index = 0; index < count; index++) {
    cursor.subject = `tensor ${index} of ${count}`
    const start = cursor.position
    const entry = await readTensorEntry(cursor, source.sizeBytes, alignment)
    if (entries.has(entry.name)) throw cursor.fail('each tensor once expected, got it twice', 'invalid-file', start)
    entries.set(entry.name, entry)
  }
  // The data begins at the next multiple of the alignment, and a file without tensors may end before it.
  const dataStart = Math.ceil(cursor.position / alignment) * alignment
  const tensors = new Map<string, GgufTensor>()
  for (const entry of entries.values()) {
    const left = source.sizeBytes - dataStart - entry.relativeOffset
    if (entry.sizeBytes > left) {
      cursor.subject = `tensor ${JSON.stringify(shortened(entry.name))}`
      const expected = `${entry.sizeBytes} bytes of data at ${dataStart + entry.relativeOffset} expected`
      throw cursor.fail(`${expected}, the file has ${Math.max(0, left)} there`, 'invalid-file', entry.byteOffset)
    }
    tensors.set(entry.name, tensorOf(source, entry, dataStart + entry.relativeOffset))
  }
  return tensors
}

async function readTensorEntry(cursor: HeaderCursor, fileBytes: number, alignment: number): Promise<TensorEntry> {
  const name = await readName(cursor, maxTensorNameBytes)
  cursor.subject = `tensor ${JSON.stringify(shortened(name))}`
  await cursor.need(4)
  const dimensions = cursor.u32()
  if (dimensions < 1 || dimensions > maxDimensions) {
    throw cursor.fail(
      `1 to ${maxDimensions} dimensions expected, got ${dimensions}`,
      'invalid-file',
      cursor.position - 4,
    )
  }
  await cursor.need(dimensions * 8 + 4 + 8)
  const shapeOffset = cursor.position
  const shape: number[] = []
  let elements = 1n
  for (let index = 0; index < dimensions; index++) {
    const size = cursor.count(`dimension ${index}`)
    if (size < 1)
      throw cursor.fail(`dimension ${index} of at least 1 expected, got 0`, 'invalid-file', cursor.position - 8)
    shape.unshift(size)
    elements *= BigInt(size)
  }
  const typeId = cursor.u32()
  const type = blockTypeByGgufId(typeId)
  if (type === undefined)
    throw cursor.fail(`a known tensor type expected, got ${typeId}`, 'unsupported', cursor.position - 4)
  const rowLength = shape[shape.length - 1]
  if (rowLength % type.blockLength !== 0) {
    throw cursor.fail(
      `rows of a multiple of ${type.blockLength} (${type.name}) expected, got ${rowLength}`,
      'invalid-file',
      shapeOffset,
    )
  }
  const sizeBytes = (elements / BigInt(type.blockLength)) * BigInt(type.blockBytes)
  if (sizeBytes > BigInt(fileBytes)) {
    const got = `${shape.join(' x ')} of ${type.name}, ${sizeBytes} bytes`
    throw cursor.fail(
      `a tensor that fits the file of ${fileBytes} bytes expected, got ${got}`,
      'invalid-file',
      shapeOffset,
    )
  }
  const byteOffset = cursor.position
  const relativeOffset = cursor.count('an offset')
  if (relativeOffset % alignment !== 0 || relativeOffset > fileBytes) {
    const expected = `an offset inside of the file, a multiple of ${alignment}, expected`
    throw cursor.fail(`${expected}, got ${relativeOffset}`, 'invalid-file', byteOffset)
  }
  return { name, shape, type, sizeBytes: Number(sizeBytes), relativeOffset, byteOffset }
}

function tensorOf(source: ByteSource, entry: TensorEntry, start: number): GgufTensor {
  const { name, shape, sizeBytes } = entry
  return {
    name,
    shape,
    type: entry.type.name,
    offset: start,
    sizeBytes,
    async read(offset, into, signal) {
      checkRange(`tensor ${name}`, sizeBytes, offset, into.length)
      await source.read(start + offset, into, signal)
    },
  }
}

function joinParts(parts: readonly GgufPart[]): Omit<GgufFile, 'close'> {
  const first = parts[0]
  if (first === undefined) throw new OstroError('invalid-argument', 'readGguf: at least one source expected, got none.')
  const declared = first.metadata.get('split.count')
  const count = typeof declared === 'number' && declared > 0 ? declared : 1
  if (count !== parts.length) {
    const fields = { file: first.name, expected: count, got: parts.length }
    throw new OstroError(
      'not-found',
      `GGUF ${first.name}: ${count} parts expected, got ${parts.length}. Give all parts in order.`,
      fields,
    )
  }
  if (parts.length === 1) return first
  const metadata = new Map<string, GgufValue>()
  const metadataTypes = new Map<string, GgufValueType>()
  const tensors = new Map<string, GgufTensor>()
  parts.forEach((part, index) => {
    if (part.metadata.get('split.no') !== index || part.metadata.get('split.count') !== count) {
      throw splitError(part, 'key "split.no"', `part ${index} of ${count}`, `${part.metadata.get('split.no')}`)
    }
    for (const [key, value] of part.metadata) if (!metadata.has(key)) metadata.set(key, value)
    for (const [key, type] of part.metadataTypes) if (!metadataTypes.has(key)) metadataTypes.set(key, type)
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name))
        throw splitError(part, `tensor ${JSON.stringify(name)}`, 'each tensor once', 'it in two parts')
      tensors.set(name, tensor)
    }
  })
  const total = metadata.get('split.tensors.count')
  if (total !== undefined && total !== tensors.size) {
    throw splitError(first, 'key "split.tensors.count"', `${String(total)} tensors in all parts`, `${tensors.size}`)
  }
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
  return { version: first.version, alignment: first.alignment, sizeBytes, metadata, metadataTypes, tensors }
}

function splitError(part: GgufPart, subject: string, expected: string, got: string): OstroError {
  const message = `GGUF ${part.name}, ${subject}: ${expected} expected, got ${got}. Give all parts of one file in order.`
  return new OstroError('invalid-file', message, { file: part.name, subject })
}
