/** What a GGUF file is to the rest of Ostro: typed metadata and named tensors that can be read piece by piece. */
import type { BlockTypeName } from '../../quant/block-type.ts'
import type { GgufStrings } from './gguf-strings.ts'

/** Types of metadata values, in the order of their numbers in the file; number 9 is `array`. */
export const ggufValueTypes = [
  'u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'string', 'array', 'u64', 'i64', 'f64',
] as const // prettier-ignore

export type GgufScalarType = Exclude<(typeof ggufValueTypes)[number], 'array'>
/** How the file types a value: `u32`, or `array<string>`. */
export type GgufValueType = GgufScalarType | `array<${GgufScalarType}>`

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array

/** A `bigint` appears only for 64-bit integers outside the safe range of numbers; arrays of booleans are 0/1 in a Uint8Array. */
export type GgufValue = string | number | bigint | boolean | GgufNumbers | GgufStrings

export interface GgufTensor {
  readonly name: string
  /** Row-major, outermost first (the file stores it innermost first). */
  readonly shape: readonly number[]
  readonly type: BlockTypeName
  /** Absolute, in the file `source`. */
  readonly offset: number
  readonly sizeBytes: number
  /** Copies bytes [offset, offset + into.length) of the tensor into `into`. */
  readonly read: (offset: number, into: Uint8Array, signal?: AbortSignal) => Promise<void>
}

export interface GgufFile {
  readonly version: 2 | 3
  /** Bytes of all parts. */
  readonly sizeBytes: number
  /** Of all parts; a key that several parts have keeps the value of the first. */
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** Needed to write the same metadata again: `5` may be `u32` or `f32`. */
  readonly metadataTypes: ReadonlyMap<string, GgufValueType>
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, GgufTensor>
  /** Of the tensor data, in bytes. */
  readonly alignment: number
  /** Closes the sources. */
  close(): Promise<void>
}
