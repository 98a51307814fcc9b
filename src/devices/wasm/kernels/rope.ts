/**
 * Rotary embedding with factors that the host computes once per run: for each token, `rotaryDims` cosines and as many signed sines, so
 * that y[i] = x[i] * cosine[i] + x[partner of i] * sine[i] in both styles.
 */
import { at, f32, f32x4, i8x16, i32, ptr, v128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitChunks } from './work.ts'

export const ropeFields = stepFields('input', 'output', 'factors', 'rows', 'heads', 'headDim', 'rotaryDims')

const swapPairs = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]

export function emitRope(module: ModuleBuilder, style: 'neox' | 'interleaved'): FunctionBuilder {
  return module.function(`rope_${style}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const heads = f.local('i32', field.integer(step, ropeFields.heads))
    const headDim = f.local('i32', field.integer(step, ropeFields.headDim))
    const rotary = f.local('i32', field.integer(step, ropeFields.rotaryDims))
    const half = f.local('i32', i32.shrU(rotary, i32.const(1)))
    const dim = f.local('i32')
    const partner = f.local('i32')
    // Vectors where a whole one fits between partners, single values after that.
    const whole = f.local('i32', i32.and(style === 'neox' ? half : rotary, i32.const(-4)))
    emitChunks(f, step, i32.mul(field.dynamic(step, ropeFields.rows), heads), 4, (item) => {
      const input = f.local('ptr', at(field.address(step, ropeFields.input), i32.mul(item, headDim), 4))
      const output = f.local('ptr', at(field.address(step, ropeFields.output), i32.mul(item, headDim), 4))
      const cosines = f.local(
        'ptr',
        at(field.address(step, ropeFields.factors), i32.mul(i32.divU(item, heads), i32.mul(rotary, i32.const(2))), 4),
      )
      const sines = f.local('ptr', at(cosines, rotary, 4))
      const rotateVector = (from: typeof dim, other: typeof dim) => {
        const x = v128.load(at(input, from, 4))
        const y = style === 'neox' ? v128.load(at(input, other, 4)) : i8x16.shuffle(x, x, swapPairs)
        const turned = f32x4.madd(y, v128.load(at(sines, from, 4)), f32x4.mul(x, v128.load(at(cosines, from, 4))))
        f.do(v128.store(at(output, from, 4), turned))
      }
      const rotateOne = (from: typeof dim, other: typeof dim) => {
        const x = f32.load(at(input, from, 4))
        const turned = f32.add(
          f32.mul(x, f32.load(at(cosines, from, 4))),
          f32.mul(f32.load(at(input, other, 4)), f32.load(at(sines, from, 4))),
        )
        f.do(f32.store(at(output, from, 4), turned))
      }
      if (style === 'neox') {
        f.for(dim, i32.const(0), whole, 4, () => {
          f.set(partner, i32.add(dim, half))
          rotateVector(dim, partner)
          rotateVector(partner, dim)
        })
        f.for(dim, whole, half, 1, () => {
          f.set(partner, i32.add(dim, half))
          rotateOne(dim, partner)
          rotateOne(partner, dim)
        })
      } else {
        f.for(dim, i32.const(0), whole, 4, () => rotateVector(dim, dim))
        f.for(dim, whole, rotary, 1, () => {
          f.set(partner, i32.xor(dim, i32.const(1)))
          rotateOne(dim, partner)
        })
      }
      f.copy(at(output, rotary, 4), at(input, rotary, 4), ptr.mul(ptr.from(i32.sub(headDim, rotary)), ptr.const(4)))
    })
  })
}
