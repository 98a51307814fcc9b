/** Keys out of their pages, for looking at: the panels of kernels/cache-float.ts and kernels/cache-byte.ts, read by the host. */
import { f16ToF32 } from '../../quant/half.ts'
import type { LoadOptions } from '../../tensor/device.ts'
import { pagePositions, panelPositions } from './kernels/cache-codec.ts'

/** The head of a page from `bytes` on; key of position p at [d * stride + offset + p] for d below headDim and p below count. */
interface PageRead {
  readonly bytes: DataView
  readonly headDim: number
  readonly into: Float32Array
  readonly stride: number
  /** Positions [from, to) of the page go to columns from `column` on. */
  readonly from: number
  readonly to: number
  readonly column: number
}

type ReadPage = (read: PageRead) => void

export const keyReaders: Readonly<Record<LoadOptions['cache']['type'], ReadPage>> = {
  f32: (read) => readFloats(read, 4, (bytes, at) => bytes.getFloat32(at, true)),
  f16: (read) => readFloats(read, 2, (bytes, at) => halves[bytes.getUint16(at, true)]),
  q8: readBytes,
}

/** All 65,536 of them, since decoding one takes longer than looking it up. */
const halves = Float32Array.from({ length: 2 ** 16 }, (_, bits) => f16ToF32(bits))

/** [4 panels][headDim][16 positions] */
function readFloats(
  { bytes, headDim, into, stride, from, to, column }: PageRead,
  size: 2 | 4,
  load: (bytes: DataView, at: number) => number,
): void {
  for (let position = from; position < to; position++) {
    const panel = Math.floor(position / panelPositions)
    const first = panel * headDim * panelPositions + (position % panelPositions)
    const target = column + position - from
    for (let d = 0; d < headDim; d++) into[d * stride + target] = load(bytes, (first + d * panelPositions) * size)
  }
}

const block = 32

/** 4 panels of [headDim / 32][16] scales, then [headDim / 2][16 positions][2] codes. */
function readBytes({ bytes, headDim, into, stride, from, to, column }: PageRead): void {
  const scaleBytes = (headDim / block) * panelPositions * 4
  const panelBytes = scaleBytes + headDim * panelPositions
  for (let position = from; position < to; position++) {
    const panel = Math.floor(position / panelPositions) * panelBytes
    const lane = position % panelPositions
    const target = column + position - from
    for (let d = 0; d < headDim; d++) {
      const scale = bytes.getFloat32(panel + (Math.floor(d / block) * panelPositions + lane) * 4, true)
      const code = panel + scaleBytes + (Math.floor(d / 2) * panelPositions + lane) * 2 + (d % 2)
      into[d * stride + target] = scale * bytes.getInt8(code)
    }
  }
}

/** Stretches of [from, to) that lie in one page. */
export function* pageStretches(
  from: number,
  to: number,
): Generator<{ index: number; from: number; to: number; column: number }> {
  for (let index = Math.floor(from / pagePositions); index * pagePositions < to; index++) {
    const start = Math.max(from, index * pagePositions)
    const end = Math.min(to, (index + 1) * pagePositions)
    yield { index, from: start - index * pagePositions, to: end - index * pagePositions, column: start - from }
  }
}
