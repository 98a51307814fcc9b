/** How single WebAssembly instructions are written, and the types of what they give. `expression.ts` names the instructions. */
import type { ByteWriter } from './encode.ts'

export type ValueType = 'i32' | 'i64' | 'f32' | 'v128' | 'ptr'

/**
 * How products are computed, since engines differ in what is fast and in what is right.
 *
 * `relaxed-i16`: byte products summed in i16 pairs, one instruction on x86. `relaxed-i32`: four byte products summed in i32, one
 * instruction with VNNI or on arm64. `plain`: SIMD128 as of 2021, where relaxed SIMD is missing or fails the self-test.
 */
export type Arithmetic = 'relaxed-i16' | 'relaxed-i32' | 'plain'

export interface EmitContext {
  readonly out: ByteWriter
  readonly memory64: boolean
  readonly arithmetic: Arithmetic
  /** Index of the local that holds a vector constant from the start of the function on. */
  readonly constantLocal: (bytes: Uint8Array) => number
}

export interface Expression<T extends ValueType> {
  readonly type: T
  readonly emit: (context: EmitContext) => void
}

export type I32 = Expression<'i32'>
export type I64 = Expression<'i64'>
export type F32 = Expression<'f32'>
export type V128 = Expression<'v128'>
export type Ptr = Expression<'ptr'>

export type Operand = Expression<ValueType>

export function plain<T extends ValueType>(type: T, opcode: number, operands: readonly Operand[]): Expression<T> {
  return {
    type,
    emit: (context) => {
      for (const operand of operands) operand.emit(context)
      context.out.byte(opcode)
    },
  }
}

/** An instruction with a prefix byte: 0xfc saturating and bulk, 0xfd vector, 0xfe atomic. */
export function prefixed<T extends ValueType>(
  type: T,
  prefix: number,
  opcode: number,
  operands: readonly Operand[],
  immediate: readonly number[] = [],
): Expression<T> {
  return {
    type,
    emit: (context) => {
      for (const operand of operands) operand.emit(context)
      context.out.byte(prefix)
      context.out.unsigned(opcode)
      context.out.bytes(immediate)
    },
  }
}

export function memory<T extends ValueType>(
  type: T,
  prefix: number | undefined,
  opcode: number,
  alignment: number,
  operands: readonly Operand[],
  offset: number,
  lane: number | undefined = undefined,
): Expression<T> {
  return {
    type,
    emit: (context) => {
      for (const operand of operands) operand.emit(context)
      if (prefix === undefined) context.out.byte(opcode)
      else {
        context.out.byte(prefix)
        context.out.unsigned(opcode)
      }
      context.out.unsigned(alignment)
      context.out.unsigned(offset)
      if (lane !== undefined) context.out.byte(lane)
    },
  }
}

/** A statement: an instruction without a result. */
export interface Statement {
  readonly emit: (context: EmitContext) => void
}

export const unary =
  <T extends ValueType>(type: T, opcode: number) =>
  (a: Operand) =>
    plain(type, opcode, [a])
export const binary =
  <T extends ValueType>(type: T, opcode: number) =>
  (a: Expression<T>, b: Expression<T>) =>
    plain(type, opcode, [a, b])
export const compare =
  <T extends ValueType>(_type: T, opcode: number) =>
  (a: Expression<T>, b: Expression<T>): I32 =>
    plain('i32', opcode, [a, b])
