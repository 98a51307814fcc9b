/** RMSNorm and LayerNorm over groups of consecutive values. */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { F32, I32, Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { horizontalAdd } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const normFields = stepFields('input', 'weight', 'bias', 'output', 'rows', 'groupsPerRow', 'group', 'epsilon')

/** x * rsqrt(mean(x^2) + epsilon) * weight over each group of values. */
export function emitRmsNorm(module: ModuleBuilder): FunctionBuilder {
  return module.function('rms_norm', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const { step, group, input, output, weight, groups } = normLocals(f)
    emitChunks(f, step, groups, 1, (item) => {
      place(f, step, item, group, input, output)
      const mean = f.local(
        'f32',
        f32.div(
          sumOf(
            f,
            group,
            input,
            (x) => f32x4.mul(x, x),
            (x) => f32.mul(x, x),
          ),
          f32.fromI32(group),
        ),
      )
      const factor = f.local(
        'f32',
        f32.div(f32.const(1), f32.sqrt(f32.add(mean, field.float(step, normFields.epsilon)))),
      )
      const factors = f.local('v128', f32x4.splat(factor))
      mapColumns(f, group, {
        vector: (offset, at) =>
          f32x4.mul(f32x4.mul(v128.load(ptr.add(input, offset), at), factors), v128.load(ptr.add(weight, offset), at)),
        scalar: (offset) =>
          f32.mul(f32.mul(f32.load(ptr.add(input, offset)), factor), f32.load(ptr.add(weight, offset))),
        output,
      })
    })
  })
}

/** (x - mean) / sqrt(variance + epsilon) * weight (+ bias when its address is not 0). */
export function emitLayerNorm(module: ModuleBuilder): FunctionBuilder {
  return module.function('layer_norm', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const { step, group, input, output, weight, groups } = normLocals(f)
    const bias = f.local('ptr', field.address(step, normFields.bias))
    const hasBias = f.local('i32', i32.fromPtr(bias))
    emitChunks(f, step, groups, 1, (item) => {
      place(f, step, item, group, input, output)
      const mean = f.local(
        'f32',
        f32.div(
          sumOf(
            f,
            group,
            input,
            (x) => x,
            (x) => x,
          ),
          f32.fromI32(group),
        ),
      )
      const means = f.local('v128', f32x4.splat(mean))
      const centred = f.local('v128')
      const square = (x: V128) => {
        f.set(centred, f32x4.sub(x, means))
        return f32x4.mul(centred, centred)
      }
      const squareOne = (x: F32) => f32.mul(f32.sub(x, mean), f32.sub(x, mean))
      const variance = f.local('f32', f32.div(sumOf(f, group, input, square, squareOne), f32.fromI32(group)))
      const factor = f.local(
        'f32',
        f32.div(f32.const(1), f32.sqrt(f32.add(variance, field.float(step, normFields.epsilon)))),
      )
      const factors = f.local('v128', f32x4.splat(factor))
      const write = (biased: boolean) =>
        mapColumns(f, group, {
          vector: (offset, at) => {
            const scaled = f32x4.mul(f32x4.sub(v128.load(ptr.add(input, offset), at), means), factors)
            const weighted = f32x4.mul(scaled, v128.load(ptr.add(weight, offset), at))
            return biased ? f32x4.add(weighted, v128.load(ptr.add(bias, offset), at)) : weighted
          },
          scalar: (offset) => {
            const scaled = f32.mul(f32.sub(f32.load(ptr.add(input, offset)), mean), factor)
            const weighted = f32.mul(scaled, f32.load(ptr.add(weight, offset)))
            return biased ? f32.add(weighted, f32.load(ptr.add(bias, offset))) : weighted
          },
          output,
        })
      f.if(
        hasBias,
        () => write(true),
        () => write(false),
      )
    })
  })
}

function normLocals(f: FunctionBuilder) {
  const step = f.parameter(0, 'ptr')
  return {
    step,
    group: f.local('i32', field.integer(step, normFields.group)),
    weight: f.local('ptr', field.address(step, normFields.weight)),
    groups: i32.mul(field.dynamic(step, normFields.rows), field.integer(step, normFields.groupsPerRow)),
    input: f.local('ptr'),
    output: f.local('ptr'),
  }
}

function place(
  f: FunctionBuilder,
  step: Ptr,
  item: I32,
  group: I32,
  input: ReturnType<typeof normLocals>['input'],
  output: typeof input,
): void {
  f.set(input, at(field.address(step, normFields.input), i32.mul(item, group), 4))
  f.set(output, at(field.address(step, normFields.output), i32.mul(item, group), 4))
}

/** Columns of one group: vectors taken together, so that V8 packs neighbours and sums do not wait for each other; the rest one by one. */
function eachColumn(
  f: FunctionBuilder,
  width: I32,
  together: number,
  vectors: (offset: Ptr) => void,
  scalar: (offset: Ptr) => void,
): void {
  const column = f.local('i32')
  const offset = f.local('ptr')
  const whole = i32.and(width, i32.const(-4 * together))
  const visit = (body: (offset: Ptr) => void) => () => {
    f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
    body(offset)
  }
  f.for(column, i32.const(0), whole, 4 * together, visit(vectors))
  f.for(column, whole, width, 1, visit(scalar))
}

/** Writes a function of each column; `vector` gets a byte offset that is known beforehand beside the one that is not. */
function mapColumns(
  f: FunctionBuilder,
  width: I32,
  {
    vector,
    scalar,
    output,
  }: {
    readonly vector: (offset: Ptr, constantOffset: number) => V128
    readonly scalar: (offset: Ptr) => F32
    readonly output: Ptr
  },
): void {
  eachColumn(
    f,
    width,
    2,
    (offset) => {
      const values = [0, 16].map((at) => f.local('v128', vector(offset, at)))
      const target = f.local('ptr', ptr.add(output, offset))
      values.forEach((value, index) => f.do(v128.store(target, value, index * 16)))
    },
    (offset) => f.do(f32.store(ptr.add(output, offset), scalar(offset))),
  )
}

const partialSums = [0, 1, 2, 3] as const

function sumOf(f: FunctionBuilder, width: I32, input: Ptr, vector: (x: V128) => V128, scalar: (x: F32) => F32): F32 {
  const sums = partialSums.map(() => f.local('v128', f32x4.splatConst(0)))
  const rest = f.local('f32', f32.const(0))
  const x = f.local('v128')
  const one = f.local('f32')
  eachColumn(
    f,
    width,
    partialSums.length,
    (offset) => {
      for (const part of partialSums) {
        f.set(x, v128.load(ptr.add(input, offset), part * 16))
        f.set(sums[part], f32x4.add(sums[part], vector(x)))
      }
    },
    (offset) => {
      f.set(one, f32.load(ptr.add(input, offset)))
      f.set(rest, f32.add(rest, scalar(one)))
    },
  )
  const total = f32x4.add(f32x4.add(sums[0], sums[1]), f32x4.add(sums[2], sums[3]))
  return f32.add(horizontalAdd(f, total), rest)
}
