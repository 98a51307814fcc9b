/** Adds up the outputs of a token's experts by weight, best expert first; choices of no expert add nothing. */
import { at, f32, f32x4, i32, v128 } from '../asm/expression.ts'
import type { Ptr } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { emitChunks } from './work.ts'

export const combineFields = stepFields(
  'input', // f32 [T][k][D]
  'choices', // f32 [T][2 k]
  'output', // f32 [T][D]
  'rows', // address of T
  'k',
  'width', // D
)

export function emitCombineExperts(module: ModuleBuilder): FunctionBuilder {
  return module.function('combine-experts', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const k = f.local('i32', field.integer(step, combineFields.k))
    const width = f.local('i32', field.integer(step, combineFields.width))
    const rank = f.local('i32')
    const column = f.local('i32')
    emitChunks(f, step, field.dynamic(step, combineFields.rows), 1, (token) => {
      const input = f.local('ptr', at(field.address(step, combineFields.input), i32.mul(i32.mul(token, k), width), 4))
      const choices = f.local('ptr', at(field.address(step, combineFields.choices), i32.mul(token, k), 8))
      const weights = f.local('ptr', at(choices, k, 4))
      const output = f.local('ptr', at(field.address(step, combineFields.output), i32.mul(token, width), 4))
      const valueAt = (): Ptr => at(input, i32.add(i32.mul(rank, width), column), 4)
      const forEachExpert = (body: () => void) => {
        f.for(rank, i32.const(0), k, 1, () => {
          f.if(i32.eqz(f32.lt(f32.load(at(choices, rank, 4)), f32.const(0))), body)
        })
      }
      const whole = f.local('i32', i32.and(width, i32.const(-4)))
      const sums = f.local('v128')
      f.for(column, i32.const(0), whole, 4, () => {
        f.set(sums, f32x4.splatConst(0))
        forEachExpert(() => {
          const weight = v128.load32Splat(at(weights, rank, 4))
          f.set(sums, f32x4.add(sums, f32x4.mul(weight, v128.load(valueAt()))))
        })
        f.do(v128.store(at(output, column, 4), sums))
      })
      const sum = f.local('f32')
      f.for(column, whole, width, 1, () => {
        f.set(sum, f32.const(0))
        forEachExpert(() => {
          f.set(sum, f32.add(sum, f32.mul(f32.load(at(weights, rank, 4)), f32.load(valueAt()))))
        })
        f.do(f32.store(at(output, column, 4), sum))
      })
    })
  })
}
