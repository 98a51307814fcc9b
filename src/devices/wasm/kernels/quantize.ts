/**
 * Encodes f32 rows [T, K] for the matmul kernels, in blocks of 32 values:
 *
 *   integer path (48 bytes): f32 scale; four i16 sums of codes (of 0-15 those at 0 and 1 modulo 4, those at 2 and 3, the same of 16-31);
 *                            f32 scale * sum of all codes; 32 signed bytes
 *   byte path    (80 bytes): f32 scale, 12 bytes unused; 32 signed 16-bit codes
 *
 * Codes are round-to-nearest-even of x / scale with scale = max |x| / 127 (or 32767). The path with 16 bits costs nothing extra
 * where weights have 8, and keeps logits close to the float32 oracle.
 */
import { at, f32, f32x4, i16x8, i32, i32x4, i8x16, v128 } from '../asm/expression.ts'
import type { V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { horizontalAddI32, horizontalMax, roundToI32 } from './vector-math.ts'
import { emitChunks } from './work.ts'

/** `float`: f32 rows as they are; 32 values take 128 bytes. */
export const activationBlockBytes = { integer: 48, byte: 80, float: 128 } as const

/** Byte offsets in a block of the integer path: the sums of pairs of each 16 codes, and the scaled sum of all. */
export const activationSums = { pairs: 4, whole: 12 } as const

export const quantizeFields = stepFields('input', 'output', 'rows', 'k')

const blocksPerChunk = 64

export function emitQuantize(module: ModuleBuilder, path: 'integer' | 'byte'): FunctionBuilder {
  return module.function(`quantize_${path}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const count = i32.mul(
      field.dynamic(step, quantizeFields.rows),
      i32.shrU(field.integer(step, quantizeFields.k), i32.const(5)),
    )
    const input = f.local('ptr')
    const output = f.local('ptr')
    const x = Array.from({ length: 8 }, () => f.local('v128'))
    emitChunks(f, step, count, blocksPerChunk, (block) => {
      f.set(input, at(field.address(step, quantizeFields.input), block, 128))
      f.set(output, at(field.address(step, quantizeFields.output), block, activationBlockBytes[path]))
      x.forEach((local, i) => f.set(local, v128.load(input, i * 16)))
      const peak = f.local(
        'f32',
        horizontalMax(
          f,
          x.map((value) => f32x4.abs(value)).reduce((a, b) => f32x4.max(a, b)),
        ),
      )
      const limit = path === 'integer' ? 127 : 32767
      f.do(f32.store(output, f32.mul(peak, f32.const(1 / limit))))
      const inverse = f.local(
        'v128',
        f32x4.splat(f32.select(f32.gt(peak, f32.const(0)), f32.div(f32.const(limit), peak), f32.const(0))),
      )
      x.forEach((local) => f.set(local, roundToI32(f32x4.mul(local, inverse))))
      const pack16 = (i: number): V128 => i16x8.narrowI32S(x[i] as V128, x[i + 1] as V128)
      if (path === 'byte') {
        for (let i = 0; i < 4; i++) f.do(v128.store(output, pack16(i * 2), 16 + i * 16))
        return
      }
      const ones = i16x8.splatConst(1)
      const sum4 = (from: number) => [1, 2, 3].reduce((sum, i) => i32x4.add(sum, x[from + i] as V128), x[from] as V128)
      const pairs = f.local('v128', i32x4.dotI16x8S(i16x8.narrowI32S(sum4(0), sum4(4)), ones))
      const scale = f32.load(output)
      const narrow = f.local('v128', i16x8.narrowI32S(pairs, pairs))
      for (const half of [0, 1]) f.do(v128.store32Lane(output, narrow, half, activationSums.pairs + half * 4))
      f.do(f32.store(output, f32.mul(scale, f32.fromI32(horizontalAddI32(f, pairs))), activationSums.whole))
      for (let i = 0; i < 2; i++) {
        f.do(v128.store(output, i8x16.narrowI16S(pack16(i * 4), pack16(i * 4 + 2)), 16 + i * 16))
      }
    })
  })
}
