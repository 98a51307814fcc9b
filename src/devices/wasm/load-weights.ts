/** Streams weights from their source into device memory: read a stretch of rows, pack it into panels on whichever thread is free. */
import { OstroError } from '../../util/error.ts'
import { blockTypeOf } from '../../quant/index.ts'
import type { LoadOptions, WeightSource } from '../../tensor/device.ts'
import { countMatrices } from './layout.ts'
import type { MatmulPlace, MemoryLayout } from './layout.ts'
import { packPanels } from './pack.ts'
import type { PackJob } from './pack.ts'
import { panelBytes, panelFormats, panelRows } from './panel.ts'

/** Bytes that are read at once. */
const stretchBytes = 4 * 1024 * 1024

export interface PackRequest {
  readonly job: PackJob
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly address: number
  readonly sizeBytes: number
}

/** Packs somewhere; resolves when the panels are in place, and gives the buffer back. */
export type Packer = (request: PackRequest) => Promise<Uint8Array<ArrayBuffer>>

export async function loadWeights(
  layout: MemoryLayout,
  memory: WebAssembly.Memory,
  packers: readonly Packer[],
  { signal, onProgress }: LoadOptions,
): Promise<void> {
  const small = [...layout.vectors.values(), ...layout.tables.values()]
  const totalBytes = [...small, ...layout.matmuls.values()].reduce((sum, { source }) => sum + source.sizeBytes, 0)
  let doneBytes = 0
  const advance = (bytes: number) => {
    doneBytes += bytes
    onProgress?.(doneBytes, totalBytes)
  }
  for (const { source, address } of layout.vectors.values()) {
    const values = new Float32Array(
      memory.buffer,
      address,
      source.shape.reduce((a, b) => a * b, 1),
    )
    values.set(await readFloats(source))
    advance(source.sizeBytes)
  }
  for (const { source, address } of layout.tables.values()) {
    for (let at = 0; at < source.sizeBytes; at += stretchBytes) {
      const bytes = new Uint8Array(Math.min(stretchBytes, source.sizeBytes - at))
      await source.read(at, bytes)
      new Uint8Array(memory.buffer, address + at, bytes.length).set(bytes)
      advance(bytes.length)
    }
  }
  const stretches = [...layout.matmuls.values()].flatMap(stretchesOf)
  let next = 0
  const lane = async (pack: Packer) => {
    let buffer = new Uint8Array(0)
    for (let stretch = stretches[next++]; stretch !== undefined; stretch = stretches[next++]) {
      if (signal?.aborted === true) throw new OstroError('aborted', 'load: aborted while reading weights.')
      const { source, format, firstRow, rows, rowBytes, address, sizeBytes } = stretch
      const bytesNeeded = rows * rowBytes
      if (buffer.buffer.byteLength < bytesNeeded) buffer = new Uint8Array(Math.max(stretchBytes, bytesNeeded))
      const bytes = new Uint8Array(buffer.buffer, 0, bytesNeeded)
      await source.read(firstRow * rowBytes, bytes)
      const k = source.shape.at(-1) as number
      const native = panelFormats[source.type] !== undefined
      const values = native ? bytes : decode(source, bytes, rows * k)
      const done = await pack({
        job: { type: native ? source.type : 'f32', format, rows, k },
        bytes: values,
        address,
        sizeBytes,
      })
      buffer = new Uint8Array(done.buffer)
      advance(bytesNeeded)
    }
    // Moving it away frees it now; the collector would keep it until much later.
    buffer.buffer.transfer(0)
  }
  await Promise.all(packers.map(lane))
}

/** A packer on this thread. */
export function packHere(memory: WebAssembly.Memory): Packer {
  return async ({ job, bytes, address, sizeBytes }) => {
    packPanels(job, bytes, new Uint8Array(memory.buffer, address, sizeBytes))
    return bytes
  }
}

/** Pieces of a weight that are read and packed at once; none goes from one matrix into the next. */
function stretchesOf({ source, format, address }: MatmulPlace) {
  const matrices = countMatrices(source)
  const [n, k] = source.shape.slice(-2) as [number, number]
  const rowBytes = source.sizeBytes / matrices / n
  const rowsAtOnce = Math.max(1, Math.floor(stretchBytes / rowBytes / panelRows)) * panelRows
  const bytesOf = (rows: number) => Math.ceil(rows / panelRows) * panelBytes(format, k)
  const stretches = Math.ceil(n / rowsAtOnce)
  return Array.from({ length: matrices * stretches }, (_, index) => {
    const matrix = Math.floor(index / stretches)
    const row = (index % stretches) * rowsAtOnce
    const rows = Math.min(rowsAtOnce, n - row)
    return {
      source,
      format,
      rowBytes,
      firstRow: matrix * n + row,
      rows,
      address: address + matrix * bytesOf(n) + bytesOf(row),
      sizeBytes: bytesOf(rows),
    }
  })
}

export async function readFloats(source: WeightSource): Promise<Float32Array<ArrayBuffer>> {
  const bytes = new Uint8Array(source.sizeBytes)
  await source.read(0, bytes)
  const values = new Float32Array(source.shape.reduce((a, b) => a * b, 1))
  blockTypeOf(source.type).decode(bytes, values)
  return values
}

function decode(source: WeightSource, bytes: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const values = new Float32Array(count)
  blockTypeOf(source.type).decode(bytes, values)
  return new Uint8Array(values.buffer)
}
