/**
 * Element by element over dense tensors. Tensors start at 64-byte boundaries and are padded to them, so the last vector of a tensor may
 * run past its end: what it writes there belongs to nobody.
 */
import { at, f32, f32x4, i32, ptr, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { activations, tanh } from './vector-math.ts'
import type { ActivationKind } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const elementwiseFields = stepFields('a', 'b', 'output', 'rows', 'width', 'factor')

/** Vectors are taken in pairs, which V8 packs into one; a cache line holds two pairs. */
const pairsPerChunk = 256

type Body = (f: FunctionBuilder, a: V128, b: () => V128, factor: V128) => V128

function emitElementwise(module: ModuleBuilder, name: string, body: Body): FunctionBuilder {
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const values = i32.mul(field.dynamic(step, elementwiseFields.rows), field.integer(step, elementwiseFields.width))
    const pairs = i32.shrU(i32.add(values, i32.const(7)), i32.const(3))
    const [a, b, output] = (['a', 'b', 'output'] as const).map((name) =>
      f.local('ptr', field.address(step, elementwiseFields[name])),
    )
    const factor = f.local('v128', v128.load32Splat(step, elementwiseFields.factor))
    const places = [a, b, output].map(() => f.local('ptr'))
    emitChunks(f, step, pairs, pairsPerChunk, (index) => {
      ;[a, b, output].forEach((base, i) => f.set(places[i], at(base, index, 32)))
      const results = [0, 16].map((offset) => {
        const x = f.local('v128', v128.load(places[0], offset))
        return f.local(
          'v128',
          body(f, x, () => v128.load(places[1], offset), factor),
        )
      })
      results.forEach((result, half) => f.do(v128.store(places[2], result, half * 16)))
    })
  })
}

export const emitAdd = (module: ModuleBuilder) => emitElementwise(module, 'add', (_f, a, b) => f32x4.add(a, b()))
export const emitMultiply = (module: ModuleBuilder) =>
  emitElementwise(module, 'multiply', (_f, a, b) => f32x4.mul(a, b()))
export const emitScale = (module: ModuleBuilder) =>
  emitElementwise(module, 'scale', (_f, a, _b, factor) => f32x4.mul(a, factor))

/** factor * tanh(a / factor). */
export const emitSoftcap = (module: ModuleBuilder) =>
  emitElementwise(module, 'softcap', (f, a, _b, factor) => f32x4.mul(tanh(f, f32x4.div(a, factor)), factor))

/** Within [-factor, factor]. */
export const emitClamp = (module: ModuleBuilder) =>
  emitElementwise(module, 'clamp', (_f, a, _b, factor) => f32x4.pmin(f32x4.pmax(a, f32x4.neg(factor)), factor))

export const emitActivation = (module: ModuleBuilder, kind: ActivationKind) =>
  emitElementwise(module, `activation_${kind}`, (f, a) => activations[kind](f, a))

/** kind(a) * b. */
export const emitGlu = (module: ModuleBuilder, kind: ActivationKind) =>
  emitElementwise(module, `glu_${kind}`, (f, a, b) => f32x4.mul(activations[kind](f, a), b()))

/** Adds or multiplies each row of a with the vector b. */
export function emitBroadcast(module: ModuleBuilder, kind: 'add' | 'multiply'): FunctionBuilder {
  return module.function(`broadcast_${kind}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const width = f.local('i32', field.integer(step, elementwiseFields.width))
    const b = f.local('ptr', field.address(step, elementwiseFields.b))
    const column = f.local('i32')
    const offset = f.local('ptr')
    emitChunks(f, step, field.dynamic(step, elementwiseFields.rows), 1, (row) => {
      const a = f.local('ptr', at(field.address(step, elementwiseFields.a), i32.mul(row, width), 4))
      const output = f.local('ptr', at(field.address(step, elementwiseFields.output), i32.mul(row, width), 4))
      const whole = i32.and(width, i32.const(-4))
      f.for(column, i32.const(0), whole, 4, () => {
        f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
        const vector = (kind === 'add' ? f32x4.add : f32x4.mul)(
          v128.load(ptr.add(a, offset)),
          v128.load(ptr.add(b, offset)),
        )
        f.do(v128.store(ptr.add(output, offset), vector))
      })
      f.for(column, whole, width, 1, () => {
        f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
        const scalar = (kind === 'add' ? f32.add : f32.mul)(f32.load(ptr.add(a, offset)), f32.load(ptr.add(b, offset)))
        f.do(f32.store(ptr.add(output, offset), scalar))
      })
    })
  })
}

/** Each row of a times its own value of b [rows]. */
export function emitScaleRows(module: ModuleBuilder): FunctionBuilder {
  return module.function('scale_rows', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const width = f.local('i32', field.integer(step, elementwiseFields.width))
    const column = f.local('i32')
    const offset = f.local('ptr')
    emitChunks(f, step, field.dynamic(step, elementwiseFields.rows), 1, (row) => {
      const a = f.local('ptr', at(field.address(step, elementwiseFields.a), i32.mul(row, width), 4))
      const output = f.local('ptr', at(field.address(step, elementwiseFields.output), i32.mul(row, width), 4))
      const factor = f.local('f32', f32.load(at(field.address(step, elementwiseFields.b), row, 4)))
      const factors = f.local('v128', f32x4.splat(factor))
      const whole = i32.and(width, i32.const(-4))
      f.for(column, i32.const(0), whole, 4, () => {
        f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
        f.do(v128.store(ptr.add(output, offset), f32x4.mul(v128.load(ptr.add(a, offset)), factors)))
      })
      f.for(column, whole, width, 1, () => {
        f.set(offset, ptr.mul(ptr.from(column), ptr.const(4)))
        f.do(f32.store(ptr.add(output, offset), f32.mul(f32.load(ptr.add(a, offset)), factor)))
      })
    })
  })
}

export const copyFields = stepFields('input', 'output', 'rows', 'inputWidth', 'start', 'width', 'indices')

/** Copies columns [start, start + width) of each row; with `indices`, of row indices[i]. */
export function emitCopyRows(module: ModuleBuilder, gathers: boolean): FunctionBuilder {
  return module.function(gathers ? 'rows' : 'slice', ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const width = f.local('i32', field.integer(step, copyFields.width))
    const inputWidth = f.local('i32', field.integer(step, copyFields.inputWidth))
    const bytes = f.local('ptr', ptr.mul(ptr.from(width), ptr.const(4)))
    emitChunks(f, step, field.dynamic(step, copyFields.rows), 1, (row) => {
      const source = gathers ? i32.load(at(field.address(step, copyFields.indices), row, 4)) : row
      const first = i32.add(i32.mul(source, inputWidth), field.integer(step, copyFields.start))
      const from: Ptr = at(field.address(step, copyFields.input), first, 4)
      f.copy(at(field.address(step, copyFields.output), i32.mul(row, width), 4), from, bytes)
    })
  })
}
