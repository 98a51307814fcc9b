/** Keys out of their pages, for looking at: the panels of kernels/cache-float.ts and kernels/cache-byte.ts, read by the host. */
import { f16ToF32 } from '../../quant/half.ts'
import type { LoadOptions } from '../../tensor/device.ts'
import { pagePositions, panelPositions } from './kernels/cache-codec.ts'

/** One head of one page; the key of position p goes to into[d * stride + column + p - from], d below headDim. */
interface PageRead {
  readonly memory: ArrayBufferLike
  /** Where the head's part of the page begins; a multiple of 64. */
  readonly address: number
  readonly headDim: number
  readonly into: Float32Array
  readonly stride: number
  /** Positions [from, to) of the page. */
  readonly from: number
  readonly to: number
  readonly column: number
}

type ReadPage = (read: PageRead) => void

export const keyReaders: Readonly<Record<LoadOptions['cache']['type'], ReadPage>> = {
  f32: readSingles,
  f16: readHalves,
  q8: readBytes,
}

/** All 65,536 of them, since decoding one takes longer than looking it up. */
const halves = Float32Array.from({ length: 2 ** 16 }, (_, bits) => f16ToF32(bits))

/** [4 panels][headDim][16 positions]: read from front to back, as far as wanted. */
function readSingles(read: PageRead): void {
  const { memory, address, headDim } = read
  const page = new Float32Array(memory, address, headDim * pagePositions)
  eachRun(read, (source, target, count) => {
    for (let p = 0; p < count; p++) read.into[target + p] = page[source + p]
  })
}

function readHalves(read: PageRead): void {
  const { memory, address, headDim, into } = read
  const page = new Uint16Array(memory, address, headDim * pagePositions)
  eachRun(read, (source, target, count) => {
    for (let p = 0; p < count; p++) into[target + p] = halves[page[source + p]]
  })
}

/** Calls `copy` with where neighbouring positions of one dimension lie, where they go, and how many they are. */
function eachRun(
  { headDim, stride, from, to, column }: PageRead,
  copy: (source: number, target: number, count: number) => void,
): void {
  for (let start = from; start < to;) {
    const panel = Math.floor(start / panelPositions)
    const end = Math.min(to, (panel + 1) * panelPositions)
    const source = panel * headDim * panelPositions + (start % panelPositions)
    const target = column + start - from
    for (let d = 0; d < headDim; d++) copy(source + d * panelPositions, d * stride + target, end - start)
    start = end
  }
}

const block = 32

/** 4 panels of [headDim / 32][16] scales, then [headDim / 2][16 positions][2] codes. */
function readBytes({ memory, address, headDim, into, stride, from, to, column }: PageRead): void {
  const bytes = new DataView(memory, address)
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
