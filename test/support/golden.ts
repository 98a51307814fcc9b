/** Reads the golden sets: where they lie, and the tensors of one of their safetensors files. Node only, tests only. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the golden cases: `OSTRO_GOLDEN` (another set of the same layout) or the copies in this repository. */
export const goldenRoot: string = resolve(
  process.env['OSTRO_GOLDEN'] ?? fileURLToPath(new URL('../golden', import.meta.url)),
)

export interface GoldenTensor {
  /** As the file names it: `F32`, `I32`, `U8`, ... */
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | Uint8Array | BigInt64Array
}

interface HeaderEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/** All tensors of a safetensors file, by name. Deliberately independent of `src/formats`, which it helps to test. */
export function readGoldenTensors(path: string): Map<string, GoldenTensor> {
  const file = readFileSync(path)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const dataStart = 8 + Number(view.getBigUint64(0, true))
  const header = JSON.parse(file.toString('utf8', 8, dataStart)) as Record<string, HeaderEntry>
  const tensors = new Map<string, GoldenTensor>()
  for (const [name, { dtype, shape, data_offsets: range }] of Object.entries(header)) {
    if (name === '__metadata__') continue
    // A copy, because the data need not be aligned inside the file.
    const bytes = Uint8Array.from(file.subarray(dataStart + range[0], dataStart + range[1]))
    tensors.set(name, { dtype, shape, data: typedArrayOf(dtype, bytes) })
  }
  return tensors
}

/** The float32 data of a tensor that the case promises; fails the test when it is missing or of another type. */
export function goldenF32(tensors: ReadonlyMap<string, GoldenTensor>, name: string): Float32Array {
  const tensor = tensors.get(name)
  if (!(tensor?.data instanceof Float32Array))
    throw new Error(`golden tensor ${name}: expected F32, got ${tensor?.dtype}`)
  return tensor.data
}

/** The int32 data of a tensor that the case promises; fails the test when it is missing or of another type. */
export function goldenI32(tensors: ReadonlyMap<string, GoldenTensor>, name: string): Int32Array {
  const tensor = tensors.get(name)
  if (!(tensor?.data instanceof Int32Array))
    throw new Error(`golden tensor ${name}: expected I32, got ${tensor?.dtype}`)
  return tensor.data
}

/** The bytes of a U8 tensor that the case promises; fails the test when it is missing or of another type. */
export function goldenU8(tensors: ReadonlyMap<string, GoldenTensor>, name: string): Uint8Array {
  const tensor = tensors.get(name)
  if (!(tensor?.data instanceof Uint8Array)) throw new Error(`golden tensor ${name}: expected U8, got ${tensor?.dtype}`)
  return tensor.data
}

function typedArrayOf(dtype: string, bytes: Uint8Array<ArrayBuffer>): GoldenTensor['data'] {
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer)
    case 'I32':
      return new Int32Array(bytes.buffer)
    case 'I64':
      return new BigInt64Array(bytes.buffer)
    case 'U8':
    case 'BOOL':
      return bytes
    default:
      throw new Error(`golden tensors: dtype ${dtype} is not one that the golden sets use`)
  }
}
