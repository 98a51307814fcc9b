/** Reads one row back from its panel: embedding look-ups of tied weights, and the proof that packing loses nothing. */
import { f16ToF32 } from '../../quant/half.ts'
import {
  blockScaleBytes,
  halfCodeBytes,
  isSuper,
  panelBytes,
  panelRows,
  superLength,
  superScaleBytes,
} from './panel.ts'
import type { BytePanel, FloatPanel, IntegerPanel, PanelFormat } from './panel.ts'

/** Writes row `row` of the panels at byte `base` of `memory` to `values` (length K). */
export function unpackRow(
  format: PanelFormat,
  memory: DataView,
  base: number,
  row: number,
  values: Float32Array,
): void {
  const start = base + Math.floor(row / panelRows) * panelBytes(format, values.length)
  const lane = row % panelRows
  switch (format.kind) {
    case 'integer':
      unpackInteger(format, memory, start, lane, values)
      return
    case 'byte':
      unpackBytes(format, memory, start, lane, values)
      return
    case 'float':
      unpackFloats(format, memory, start, lane, values)
  }
}

function unpackInteger(
  { planes, blockLength, scale }: IntegerPanel,
  memory: DataView,
  start: number,
  row: number,
  values: Float32Array,
): void {
  const half = (at: number) => f16ToF32(memory.getUint16(at + row * 2, true))
  let at = start
  let superScale = 1
  let superMinimum = 0
  for (let block = 0; block < values.length; block += blockLength) {
    if (isSuper(scale) && block % superLength === 0) {
      superScale = half(at)
      superMinimum = scale.kind === 'super-scale-minimum' ? half(at + 32) : 0
      at += superScaleBytes(scale)
    }
    let factor: number
    let added: number
    switch (scale.kind) {
      case 'scale':
        factor = half(at)
        added = -scale.offset * factor
        break
      case 'scale-minimum':
        factor = half(at)
        added = half(at + 32)
        break
      case 'super-scale':
        factor = superScale * memory.getInt8(at + row)
        added = -scale.offset * factor
        break
      case 'super-scale-minimum': {
        const first = memory.getUint8(at + row)
        factor = superScale * (scale.packed ? first & 15 : first)
        added = -superMinimum * (scale.packed ? first >> 4 : memory.getUint8(at + 16 + row))
        break
      }
    }
    at += blockScaleBytes(scale)
    for (let k = 0; k < blockLength; k++) {
      const halfStart = at + Math.floor(k / 16) * halfCodeBytes(planes)
      values[block + k] = codeAt(planes, memory, halfStart, row, k % 16) * factor + added
    }
    at += (blockLength / 16) * halfCodeBytes(planes)
  }
}

function codeAt(planes: IntegerPanel['planes'], memory: DataView, start: number, row: number, k: number): number {
  let code = 0
  let shift = 0
  let at = start
  for (const bits of planes) {
    const stepsPerByte = 4 / bits
    const step = k >> 2
    const byte = memory.getUint8(at + Math.floor(step / stepsPerByte) * 32 + (row % 8) * 4 + (k % 4))
    const from = (step % stepsPerByte) * 2 * bits + (row >= 8 ? bits : 0)
    code |= ((byte >> from) & ((1 << bits) - 1)) << shift
    shift += bits
    at += bits * 32
  }
  return code
}

function unpackBytes(_format: BytePanel, memory: DataView, start: number, row: number, values: Float32Array): void {
  for (let block = 0; block * 32 < values.length; block++) {
    const at = start + block * 544
    const scale = f16ToF32(memory.getUint16(at + row * 2, true))
    for (let k = 0; k < 32; k++) {
      values[block * 32 + k] = scale * memory.getInt8(at + 32 + (k >> 1) * 32 + row * 2 + (k & 1))
    }
  }
}

function unpackFloats(
  { element }: FloatPanel,
  memory: DataView,
  start: number,
  row: number,
  values: Float32Array,
): void {
  for (let k = 0; k < values.length; k++) {
    const index = k * panelRows + row
    if (element === 'f32') values[k] = memory.getFloat32(start + index * 4, true)
    else {
      const bits = memory.getUint16(start + index * 2, true)
      values[k] = element === 'f16' ? f16ToF32(bits) : bf16ToF32(bits)
    }
  }
}

const wide = new Float32Array(1)
const wideBits = new Uint32Array(wide.buffer)

function bf16ToF32(bits: number): number {
  wideBits[0] = bits << 16
  return wide[0] as number
}
