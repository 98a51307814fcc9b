/** Softmax of each row. */
import { at, f32x4, i32, i32x4, v128 } from '../asm/expression.ts'
import type { V128 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { exp, horizontalAdd, horizontalMax } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const softmaxFields = stepFields('input', 'output', 'rows', 'width')

export function emitSoftmax(module: ModuleBuilder): FunctionBuilder {
  return module.function('softmax', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const width = f.local('i32', field.integer(step, softmaxFields.width))
    const left = f.local('i32', i32.and(width, i32.const(3)))
    const isOwn = f.local('v128', i32x4.ltS(i32x4.constant(0, 1, 2, 3), i32x4.splat(left)))
    const input = f.local('ptr')
    const output = f.local('ptr')
    emitChunks(f, step, field.dynamic(step, softmaxFields.rows), 1, (row) => {
      f.set(input, at(field.address(step, softmaxFields.input), i32.mul(row, width), 4))
      f.set(output, at(field.address(step, softmaxFields.output), i32.mul(row, width), 4))
      const most = f.local('v128', f32x4.splatConst(-Infinity))
      const whole = (column: Local<'i32'>): V128 => v128.load(at(input, column, 4))
      const last = (column: Local<'i32'>): V128 => v128.bitselect(whole(column), f32x4.splatConst(-Infinity), isOwn)
      eachVector(f, width, (column, isLast) => {
        f.set(most, f32x4.pmax(most, isLast ? last(column) : whole(column)))
      })
      const highest = f.local('v128', f32x4.splat(horizontalMax(f, most)))
      const sums = f.local('v128', f32x4.splatConst(0))
      eachVector(f, width, (column, isLast) => {
        const power = exp(f, f32x4.sub(whole(column), highest))
        f.set(sums, f32x4.add(sums, isLast ? v128.and(power, isOwn) : power))
      })
      const total = f.local('v128', f32x4.splat(horizontalAdd(f, sums)))
      eachVector(f, width, (column, isLast) => {
        const share = f.local('v128', f32x4.div(exp(f, f32x4.sub(whole(column), highest)), total))
        const target = f.local('ptr', at(output, column, 4))
        if (!isLast) f.do(v128.store(target, share))
        else {
          for (let lane = 0; lane < 3; lane++)
            f.if(i32.ltS(i32.const(lane), left), () => f.do(v128.store32Lane(target, share, lane, 4 * lane)))
        }
      })
    })
  })
}

/** Columns four by four, then the ones that are left, which lie before those of the next row. */
function eachVector(f: FunctionBuilder, width: Local<'i32'>, body: (column: Local<'i32'>, isLast: boolean) => void) {
  const column = f.local('i32')
  const whole = f.local('i32', i32.and(width, i32.const(-4)))
  f.for(column, i32.const(0), whole, 4, () => body(column, false))
  f.set(column, whole)
  f.if(i32.ltS(whole, width), () => body(column, true))
}
