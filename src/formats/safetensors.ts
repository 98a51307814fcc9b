/**
 * Reads safetensors: one file, or shards with their `model.safetensors.index.json`. Only headers are read; tensors when asked for.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { OstroError, type ErrorCode } from '../util/error.ts'
import { parseSafetensorsHeader, type HeaderEntry } from './safetensors-header.ts'
import { checkRange, type ByteSource } from './source.ts'

export interface SafetensorsTensor<Type extends string = 'f32' | 'f16' | 'bf16'> {
  readonly name: string
  /** Row-major, outermost first. */
  readonly shape: readonly number[]
  readonly type: Type
  /** Absolute, in its file. */
  readonly offset: number
  readonly sizeBytes: number
  /** Copies bytes [offset, offset + into.length) of the tensor into `into`. */
  readonly read: (offset: number, into: Uint8Array, signal?: AbortSignal) => Promise<void>
}

export interface SafetensorsFile {
  /** Bytes of all files. */
  readonly sizeBytes: number
  readonly metadata: ReadonlyMap<string, string>
  /** Tensors of the types that weights have. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>
  /** All others: positions, masks, counters, quantised weights of foreign schemes. */
  readonly others: ReadonlyMap<string, SafetensorsTensor<OtherType>>
  close(): Promise<void>
}

const weightTypes = { F32: 'f32', F16: 'f16', BF16: 'bf16' } as const
const otherTypes = {
  F64: 'f64', I64: 'i64', I32: 'i32', I16: 'i16', I8: 'i8', U64: 'u64', U32: 'u32', U16: 'u16', U8: 'u8', BOOL: 'bool',
  F8_E4M3: 'f8_e4m3', F8_E5M2: 'f8_e5m2',
} as const // prettier-ignore
const elementBytes: Readonly<Record<keyof typeof weightTypes | keyof typeof otherTypes, number>> = {
  F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1,
} // prettier-ignore

export type OtherType = (typeof otherTypes)[keyof typeof otherTypes]

// The reference implementation's own limit.
const maxHeaderBytes = 100_000_000

export interface ReadSafetensorsOptions {
  readonly signal?: AbortSignal
}

/**
 * Reads the header of one file. The returned file owns the source: `close` closes it. Where reading fails it stays open.
 * @throws OstroError 'invalid-file' where a byte is not what the format demands, 'unsupported' for an unknown dtype
 * @example
 * const file = await readSafetensors(bytesSource(bytes))
 * for (const tensor of file.tensors.values()) console.log(tensor.name, tensor.shape)
 */
export async function readSafetensors(
  source: ByteSource,
  options: ReadSafetensorsOptions = {},
): Promise<SafetensorsFile> {
  const header = await readHeaderBytes(source, options.signal)
  const { entries, metadata } = parseSafetensorsHeader(header, (subject, expected, at) =>
    faultOf(source, subject, expected, 8 + at),
  )
  const dataStart = 8 + header.length
  checkLayout(source, entries, dataStart)
  const tensors = new Map<string, SafetensorsTensor>()
  const others = new Map<string, SafetensorsTensor<OtherType>>()
  for (const entry of entries.values()) {
    if (hasKey(weightTypes, entry.dtype)) {
      tensors.set(entry.name, tensorOf(source, entry, weightTypes[entry.dtype], dataStart))
    } else if (hasKey(otherTypes, entry.dtype)) {
      others.set(entry.name, tensorOf(source, entry, otherTypes[entry.dtype], dataStart))
    }
  }
  return { sizeBytes: source.sizeBytes, metadata, tensors, others, close: () => source.close() }
}

async function readHeaderBytes(source: ByteSource, signal?: AbortSignal): Promise<Uint8Array> {
  if (source.sizeBytes < 8) throw faultOf(source, 'header', `8 bytes or more expected, got ${source.sizeBytes}`, 0)
  const lengthBytes = new Uint8Array(8)
  await source.read(0, lengthBytes, signal)
  const length = new DataView(lengthBytes.buffer).getBigUint64(0, true)
  const most = Math.min(maxHeaderBytes, source.sizeBytes - 8)
  if (length > BigInt(most)) throw faultOf(source, 'header', `at most ${most} bytes expected, got ${length}`, 0)
  const header = new Uint8Array(Number(length))
  await source.read(8, header, signal)
  return header
}

/** Sizes follow from shapes, and the tensors cover the data without gap or overlap, as the format demands. */
function checkLayout(source: ByteSource, entries: ReadonlyMap<string, HeaderEntry>, dataStart: number): void {
  for (const entry of entries.values()) {
    if (!hasKey(elementBytes, entry.dtype)) {
      throw faultOf(
        source,
        subjectOf(entry),
        `a known dtype expected, got ${entry.dtype.slice(0, 40)}`,
        8 + entry.byteOffset,
        'unsupported',
      )
    }
    const size = entry.shape.reduce(
      (product, dimension) => product * BigInt(dimension),
      BigInt(elementBytes[entry.dtype]),
    )
    if (BigInt(entry.end) - BigInt(entry.begin) !== size) {
      const got = `[${entry.begin}, ${entry.end})`
      throw faultOf(
        source,
        subjectOf(entry),
        `data_offsets ${size} bytes apart expected, got ${got}`,
        8 + entry.byteOffset,
      )
    }
  }
  let covered = 0
  for (const entry of [...entries.values()].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== covered) {
      throw faultOf(
        source,
        subjectOf(entry),
        `data at ${covered} without gap or overlap expected, got ${entry.begin}`,
        8 + entry.byteOffset,
      )
    }
    covered = entry.end
  }
  if (dataStart + covered !== source.sizeBytes) {
    throw faultOf(
      source,
      'data',
      `${covered} bytes of tensors expected, the file has ${source.sizeBytes - dataStart}`,
      dataStart,
    )
  }
}

function tensorOf<Type extends string>(
  source: ByteSource,
  entry: HeaderEntry,
  type: Type,
  dataStart: number,
): SafetensorsTensor<Type> {
  const { name, shape } = entry
  const start = dataStart + entry.begin
  const sizeBytes = entry.end - entry.begin
  return {
    name,
    shape,
    type,
    offset: start,
    sizeBytes,
    async read(offset, into, signal) {
      checkRange(`tensor ${name}`, sizeBytes, offset, into.length)
      await source.read(start + offset, into, signal)
    },
  }
}

export interface ShardedSafetensorsOptions extends ReadSafetensorsOptions {
  /** Opens a shard by the name that the index gives it: a plain file name, never a path. */
  readonly open: (fileName: string) => Promise<ByteSource>
}

// Real indices have some megabytes at most.
const maxIndexBytes = 16 * 1024 * 1024

/**
 * Reads a sharded checkpoint: its index, then the header of each shard that the index names. The returned file holds exactly the
 * tensors of the index and owns all sources; where reading fails all are closed.
 * @throws OstroError as `readSafetensors`, and what `open` throws
 */
export async function readShardedSafetensors(
  index: ByteSource,
  options: ShardedSafetensorsOptions,
): Promise<SafetensorsFile> {
  const opened: ByteSource[] = [index]
  const close = async (): Promise<void> => {
    for (const source of opened) await source.close()
  }
  try {
    const weightMap = await readIndex(index, options.signal)
    const shards = new Map<string, SafetensorsFile>()
    for (const fileName of new Set(weightMap.values())) {
      const source = await options.open(fileName)
      opened.push(source)
      shards.set(fileName, await readSafetensors(source, options))
    }
    return { ...joinShards(index, weightMap, shards), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function readIndex(index: ByteSource, signal?: AbortSignal): Promise<Map<string, string>> {
  if (index.sizeBytes > maxIndexBytes) {
    throw faultOf(index, 'index', `at most ${maxIndexBytes} bytes expected, got ${index.sizeBytes}`, 0)
  }
  const bytes = new Uint8Array(index.sizeBytes)
  await index.read(0, bytes, signal)
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw faultOf(index, 'index', `JSON expected, got none (${(cause as Error).message.slice(0, 80)})`, 0)
  }
  const entries = isRecord(parsed) && isRecord(parsed['weight_map']) ? Object.entries(parsed['weight_map']) : []
  if (entries.length === 0)
    throw faultOf(index, 'index', 'an object "weight_map" of tensors and their files expected, got none', 0)
  const weightMap = new Map<string, string>()
  for (const [name, fileName] of entries) {
    // The name comes from a stranger and becomes a path or an address.
    if (typeof fileName !== 'string' || !/^[\w-][\w.-]{0,254}$/.test(fileName)) {
      throw faultOf(
        index,
        `tensor ${JSON.stringify(name.slice(0, 80))}`,
        `a plain file name expected, got ${JSON.stringify(fileName)?.slice(0, 80)}`,
        0,
      )
    }
    weightMap.set(name, fileName)
  }
  return weightMap
}

function joinShards(
  index: ByteSource,
  weightMap: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, SafetensorsFile>,
): Omit<SafetensorsFile, 'close'> {
  const tensors = new Map<string, SafetensorsTensor>()
  const others = new Map<string, SafetensorsTensor<OtherType>>()
  const metadata = new Map<string, string>()
  let sizeBytes = 0
  for (const shard of shards.values()) {
    sizeBytes += shard.sizeBytes
    for (const [key, value] of shard.metadata) metadata.set(key, value)
  }
  for (const [name, fileName] of weightMap) {
    const tensor = shards.get(fileName)?.tensors.get(name)
    const other = shards.get(fileName)?.others.get(name)
    if (tensor !== undefined) tensors.set(name, tensor)
    else if (other !== undefined) others.set(name, other)
    else
      throw faultOf(
        index,
        `tensor ${JSON.stringify(name.slice(0, 80))}`,
        `it in ${fileName} expected, that file has none`,
        0,
      )
  }
  return { sizeBytes, metadata, tensors, others }
}

function faultOf(
  source: ByteSource,
  subject: string,
  expected: string,
  byteOffset: number,
  code: ErrorCode = 'invalid-file',
): OstroError {
  const advice =
    code === 'unsupported' ? 'A newer Ostro may read it.' : 'The file is corrupt or cut: get it again from its source.'
  const fields = { file: source.name, subject, byteOffset }
  return new OstroError(
    code,
    `safetensors ${source.name}, ${subject}, byte ${byteOffset}: ${expected}. ${advice}`,
    fields,
  )
}

function subjectOf(entry: HeaderEntry): string {
  return `tensor ${JSON.stringify(entry.name.slice(0, 80))}`
}

/** `in` would also find what every object inherits, and the name comes from a stranger. */
function hasKey<Key extends string>(table: Readonly<Record<Key, unknown>>, key: string): key is Key {
  return Object.hasOwn(table, key)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
