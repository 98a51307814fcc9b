/** What one op file provides: its shape rule and its meaning in slow, obvious TypeScript. */
import type { ActivationType } from './dtype.ts'
import type { Shape, Tensor } from './graph.ts'

export interface OpDefinition<A extends object> {
  readonly name: string
  /** Shape and type of the output. @throws OstroError `invalid-argument` when the inputs do not fit. */
  readonly infer: (inputs: readonly Tensor[], attributes: A) => { readonly shape: Shape; readonly type: ActivationType }
  /** The specification: every device is tested against it. */
  readonly reference: (run: ReferenceRun<A>) => void
}

/** An operand with its symbols resolved. Weights are decoded to f32. */
export interface Operand {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

export interface ReferenceRun<A extends object> {
  readonly attributes: A
  readonly inputs: readonly Operand[]
  readonly output: { readonly shape: readonly number[]; readonly data: Float32Array }
  /** Keys and values of earlier tokens, for the ops that keep state. */
  readonly caches: readonly ReferenceCache[]
  /** Values of a sequence, by state index: read and written in place. */
  readonly states: readonly ((sequence: number) => Float32Array)[]
  readonly positions: Int32Array
  readonly sequences: Int32Array
}

/** Keys and values of one layer, addressed by sequence and position. Each is a row of kvHeads * headDim values. */
export interface ReferenceCache {
  readonly key: (sequence: number, position: number) => Float32Array
  readonly value: (sequence: number, position: number) => Float32Array
}
