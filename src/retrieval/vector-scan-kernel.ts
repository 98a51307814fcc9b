/** The loop over all vectors of an index in WebAssembly: products of bytes with one query, two rows at a time. */
import { at, convert, f32, i32, i32x4, ptr, v128 } from '../devices/wasm/asm/expression.ts'
import { type FunctionBuilder, type Local, ModuleBuilder } from '../devices/wasm/asm/module.ts'

export interface ScanPlaces {
  /** i16 [width] */
  readonly query: number
  /** i8 [rows, width]; 16 bytes may be read behind the last row. */
  readonly codes: number
  /** f32 [rows] */
  readonly scales: number
  /** f32 [rows], written: product times the row's scale. */
  readonly scores: number
}

export type ScanRows = (places: ScanPlaces, rows: number) => void

/** Pages of 64 KiB that 32-bit addresses reach. */
export const mostPages = 65_536

/** An index that changes makes a scan after each change; its code stays the same. */
const compiled = new Map<number, WebAssembly.Module>()

/** @param width values of a vector, a multiple of 8 */
export function compileScan(memory: WebAssembly.Memory, width: number): ScanRows {
  const module = compiled.get(width) ?? new WebAssembly.Module(assembleScan(width))
  compiled.set(width, module)
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  const scan = instance.exports['scan'] as (...parameters: number[]) => void
  return ({ query, codes, scales, scores }, rows) => scan(query, codes, scales, scores, rows)
}

function assembleScan(width: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    memory64: false,
    shared: false,
    arithmetic: 'plain',
    label: 'vector scan',
    minimumPages: 1,
    maximumPages: mostPages,
  })
  module.function('scan', ['ptr', 'ptr', 'ptr', 'ptr', 'i32'], undefined, (f) => {
    const [query, codes, scales, scores] = [0, 1, 2, 3].map((index) => f.parameter(index, 'ptr'))
    const rows = f.parameter(4, 'i32')
    const row = f.local('i32')
    const pair = [f.local('ptr'), f.local('ptr')]
    const sums = [f.local('v128'), f.local('v128')]
    f.for(row, i32.const(0), rows, 2, () => {
      f.set(pair[0], at(codes, row, width))
      // Of an odd count the last row is computed twice rather than one that is not there.
      const hasSecond = i32.ltS(i32.add(row, i32.const(1)), rows)
      const second = f.local('i32', i32.add(row, hasSecond))
      f.set(pair[1], at(codes, second, width))
      for (const sum of sums) f.set(sum, i32x4.splat(i32.const(0)))
      for (let column = 0; column < width; column += 8) {
        const part = f.local('v128', v128.load(query, column * 2))
        sums.forEach((sum, index) => {
          f.set(sum, i32x4.add(sum, i32x4.dotI16x8S(v128.load8x8S(pair[index], column), part)))
        })
      }
      writeScore(f, scores, scales, row, sums[0])
      writeScore(f, scores, scales, second, sums[1])
    })
  })
  return module.assemble()
}

function writeScore(
  f: FunctionBuilder,
  scores: Local<'ptr'>,
  scales: Local<'ptr'>,
  row: Local<'i32'>,
  sum: Local<'v128'>,
): void {
  const lanes = [0, 1, 2, 3].map((lane) => i32x4.extractLane(sum, lane))
  const total = i32.add(i32.add(lanes[0], lanes[1]), i32.add(lanes[2], lanes[3]))
  const scale = f32.load(ptr.add(scales, ptr.mul(ptr.from(row), ptr.const(4))))
  f.do(f32.store(at(scores, row, 4), f32.mul(convert.i32ToF32(total), scale)))
}
