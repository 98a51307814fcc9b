/** The record of one step in device memory: 8 bytes a field, addresses, integers or floats. Kernels read it, the compiler writes it. */
import { f32, i32, ptr } from './asm/expression.ts'
import type { F32, I32, Ptr } from './asm/expression.ts'

export type StepFields<Name extends string> = { readonly [name in Name]: number }

/** Gives each name its byte offset. The first 8 bytes of every record hold the address of its work counters. */
export function stepFields<const Names extends readonly string[]>(...names: Names): StepFields<Names[number]> {
  return Object.fromEntries(names.map((name, index) => [name, 8 + index * 8])) as StepFields<Names[number]>
}

export const stepBytes = 256

export const field = {
  address: (step: Ptr, offset: number): Ptr => ptr.load(step, offset),
  integer: (step: Ptr, offset: number): I32 => i32.load(step, offset),
  float: (step: Ptr, offset: number): F32 => f32.load(step, offset),
  /** An integer that the host changes between runs, such as the number of tokens: the record holds its address. */
  dynamic: (step: Ptr, offset: number): I32 => i32.load(ptr.load(step, offset)),
}
