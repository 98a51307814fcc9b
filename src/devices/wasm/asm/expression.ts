/**
 * Typed WebAssembly expressions: `f32x4.add(a, b)` is a value of type `v128` that knows how to write itself.
 *
 * An expression is a tree; the function builder writes it when a statement uses it, so an expression that is used twice is computed
 * twice. The type `ptr` is an address: i32 or i64, as the module's memory is.
 */
import { binary, compare, memory, plain, prefixed, unary } from './instruction.ts'
import type { F32, I32, I64, Operand, Ptr, Statement, V128 } from './instruction.ts'

export type {
  Arithmetic,
  EmitContext,
  Expression,
  F32,
  I32,
  I64,
  Ptr,
  Statement,
  V128,
  ValueType,
} from './instruction.ts'

// --- scalars ----------------------------------------------------------------------------------------------------------

const i32Const = (value: number): I32 => ({
  type: 'i32',
  emit: ({ out }) => {
    out.byte(0x41)
    out.signed(BigInt(value | 0))
  },
})

export const i32 = {
  const: i32Const,
  add: binary('i32', 0x6a),
  sub: binary('i32', 0x6b),
  mul: binary('i32', 0x6c),
  divU: binary('i32', 0x6e),
  remU: binary('i32', 0x70),
  and: binary('i32', 0x71),
  or: binary('i32', 0x72),
  xor: binary('i32', 0x73),
  shl: binary('i32', 0x74),
  shrS: binary('i32', 0x75),
  shrU: binary('i32', 0x76),
  eqz: (a: I32): I32 => plain('i32', 0x45, [a]),
  eq: compare('i32', 0x46),
  ne: compare('i32', 0x47),
  ltS: compare('i32', 0x48),
  ltU: compare('i32', 0x49),
  gtS: compare('i32', 0x4a),
  leS: compare('i32', 0x4c),
  geS: compare('i32', 0x4e),
  geU: compare('i32', 0x4f),
  load: (address: Ptr, offset = 0): I32 => memory('i32', undefined, 0x28, 2, [address], offset),
  load8U: (address: Ptr, offset = 0): I32 => memory('i32', undefined, 0x2d, 0, [address], offset),
  load8S: (address: Ptr, offset = 0): I32 => memory('i32', undefined, 0x2c, 0, [address], offset),
  load16U: (address: Ptr, offset = 0): I32 => memory('i32', undefined, 0x2f, 1, [address], offset),
  store: (address: Ptr, value: I32, offset = 0): Statement =>
    memory('i32', undefined, 0x36, 2, [address, value], offset),
  store8: (address: Ptr, value: I32, offset = 0): Statement =>
    memory('i32', undefined, 0x3a, 0, [address, value], offset),
  store16: (address: Ptr, value: I32, offset = 0): Statement =>
    memory('i32', undefined, 0x3b, 1, [address, value], offset),
  reinterpret: (a: F32): I32 => plain('i32', 0xbc, [a]),
  truncSatF32: (a: F32): I32 => prefixed('i32', 0xfc, 0x00, [a]),
  fromPtr: (a: Ptr): I32 => ({
    type: 'i32',
    emit: (context) => {
      a.emit(context)
      if (context.memory64) context.out.byte(0xa7)
    },
  }),
  select: (condition: I32, yes: I32, no: I32): I32 => plain('i32', 0x1b, [yes, no, condition]),
  min: (a: I32, b: I32): I32 => plain('i32', 0x1b, [a, b, compare('i32', 0x48)(a, b)]),
  atomicLoad: (address: Ptr, offset = 0): I32 => memory('i32', 0xfe, 0x10, 2, [address], offset),
  atomicStore: (address: Ptr, value: I32, offset = 0): Statement =>
    memory('i32', 0xfe, 0x17, 2, [address, value], offset),
  atomicAdd: (address: Ptr, value: I32, offset = 0): I32 => memory('i32', 0xfe, 0x1e, 2, [address, value], offset),
  /** Sleeps until notified or `timeoutNs` (negative: for ever); 0 woken, 1 value differed, 2 timed out. */
  atomicWait: (address: Ptr, expected: I32, timeoutNs: I64, offset = 0): I32 =>
    memory('i32', 0xfe, 0x01, 2, [address, expected, timeoutNs], offset),
  atomicNotify: (address: Ptr, count: I32, offset = 0): I32 => memory('i32', 0xfe, 0x00, 2, [address, count], offset),
}

export const i64 = {
  const: (value: bigint): I64 => ({
    type: 'i64',
    emit: ({ out }) => {
      out.byte(0x42)
      out.signed(value)
    },
  }),
}

export const f32 = {
  const: (value: number): F32 => ({
    type: 'f32',
    emit: ({ out }) => {
      out.byte(0x43)
      out.f32(value)
    },
  }),
  add: binary('f32', 0x92),
  sub: binary('f32', 0x93),
  mul: binary('f32', 0x94),
  div: binary('f32', 0x95),
  min: binary('f32', 0x96),
  max: binary('f32', 0x97),
  abs: (a: F32): F32 => plain('f32', 0x8b, [a]),
  neg: (a: F32): F32 => plain('f32', 0x8c, [a]),
  nearest: (a: F32): F32 => plain('f32', 0x90, [a]),
  sqrt: (a: F32): F32 => plain('f32', 0x91, [a]),
  eq: compare('f32', 0x5b),
  lt: compare('f32', 0x5d),
  gt: compare('f32', 0x5e),
  load: (address: Ptr, offset = 0): F32 => memory('f32', undefined, 0x2a, 2, [address], offset),
  store: (address: Ptr, value: F32, offset = 0): Statement =>
    memory('f32', undefined, 0x38, 2, [address, value], offset),
  fromI32: (a: I32): F32 => plain('f32', 0xb2, [a]),
  reinterpret: (a: I32): F32 => plain('f32', 0xbe, [a]),
  select: (condition: I32, yes: F32, no: F32): F32 => plain('f32', 0x1b, [yes, no, condition]),
}

const ptrBinary =
  (narrow: number, wide: number) =>
  (a: Ptr, b: Ptr): Ptr => ({
    type: 'ptr',
    emit: (context) => {
      a.emit(context)
      b.emit(context)
      context.out.byte(context.memory64 ? wide : narrow)
    },
  })

/** Addresses: i32 in a 32-bit memory, i64 in a 64-bit one. */
export const ptr = {
  const: (value: number): Ptr => ({
    type: 'ptr',
    emit: ({ out, memory64 }) => {
      out.byte(memory64 ? 0x42 : 0x41)
      out.signed(memory64 ? BigInt(value) : BigInt(value | 0))
    },
  }),
  add: ptrBinary(0x6a, 0x7c),
  mul: ptrBinary(0x6c, 0x7e),
  /** Zero-extends. */
  from: (a: I32): Ptr => ({
    type: 'ptr',
    emit: (context) => {
      a.emit(context)
      if (context.memory64) context.out.byte(0xad)
    },
  }),
  /** Reads an address from memory; addresses take 8 bytes there whatever the memory is. */
  load: (address: Ptr, offset = 0): Ptr => ({
    type: 'ptr',
    emit: (context) => {
      address.emit(context)
      context.out.byte(context.memory64 ? 0x29 : 0x28)
      context.out.unsigned(context.memory64 ? 3 : 2)
      context.out.unsigned(offset)
    },
  }),
  /** Writes an address as `load` reads it. */
  store: (address: Ptr, value: Ptr, offset = 0): Statement => ({
    emit: (context) => {
      address.emit(context)
      value.emit(context)
      context.out.byte(context.memory64 ? 0x37 : 0x36)
      context.out.unsigned(context.memory64 ? 3 : 2)
      context.out.unsigned(offset)
    },
  }),
  ltU: (a: Ptr, b: Ptr): I32 => ({
    type: 'i32',
    emit: (context) => {
      a.emit(context)
      b.emit(context)
      context.out.byte(context.memory64 ? 0x54 : 0x49)
    },
  }),
}

/** `base + index * stride` with an i32 index and a constant stride. */
export function at(base: Ptr, index: I32, strideBytes: number): Ptr {
  return ptr.add(base, strideBytes === 1 ? ptr.from(index) : ptr.mul(ptr.from(index), ptr.const(strideBytes)))
}

// --- vectors ----------------------------------------------------------------------------------------------------------

const simd1 = (opcode: number) => (a: V128) => prefixed('v128', 0xfd, opcode, [a])
const simd2 = (opcode: number) => (a: V128, b: V128) => prefixed('v128', 0xfd, opcode, [a, b])
const simd3 = (opcode: number) => (a: V128, b: V128, c: V128) => prefixed('v128', 0xfd, opcode, [a, b, c])
const shift = (opcode: number) => (a: V128, count: number) => prefixed('v128', 0xfd, opcode, [a, i32Const(count)])
const vload =
  (opcode: number, alignment: number) =>
  (address: Ptr, offset = 0) =>
    memory('v128', 0xfd, opcode, alignment, [address], offset)
const splat = (opcode: number) => (a: Operand) => prefixed('v128', 0xfd, opcode, [a])

export const v128 = {
  load: vload(0x00, 0),
  load32Splat: vload(0x09, 0),
  load32Zero: vload(0x5c, 0),
  load64Zero: vload(0x5d, 0),
  /** 8 signed bytes to 8 x i16. */
  load8x8S: vload(0x01, 0),
  load8x8U: vload(0x02, 0),
  /** 4 x 16 bit to 4 x i32. */
  load16x4S: vload(0x03, 0),
  load16x4U: vload(0x04, 0),
  store: (address: Ptr, value: V128, offset = 0): Statement => memory('v128', 0xfd, 0x0b, 0, [address, value], offset),
  store32Lane: (address: Ptr, value: V128, lane: number, offset = 0): Statement =>
    memory('v128', 0xfd, 0x5a, 0, [address, value], offset, lane),
  and: simd2(0x4e),
  andNot: simd2(0x4f),
  or: simd2(0x50),
  xor: simd2(0x51),
  bitselect: simd3(0x52),
}

/**
 * A constant vector. It is read from a local that is set once at the start of the function: V8 does not move constants out of loops, and
 * makes each one anew from immediates, in several instructions. (Nor is it a splat of a scalar: V8's re-vectoriser takes those for
 * different values.)
 */
const vectorConst = (lanes: ArrayBufferView<ArrayBuffer>): V128 => ({
  type: 'v128',
  emit: ({ out, constantLocal }) => {
    out.byte(0x20)
    out.unsigned(constantLocal(new Uint8Array(lanes.buffer)))
  },
})

export const i8x16 = {
  splat: splat(0x0f),
  splatConst: (value: number) => vectorConst(new Uint8Array(16).fill(value)),
  add: simd2(0x6e),
  sub: simd2(0x71),
  swizzle: simd2(0x0e),
  shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 => prefixed('v128', 0xfd, 0x0d, [a, b], lanes),
  narrowI16S: simd2(0x65),
}

export const i16x8 = {
  splat: splat(0x10),
  splatConst: (value: number) => vectorConst(new Int16Array(8).fill(value)),
  add: simd2(0x8e),
  sub: simd2(0x91),
  shl: shift(0x8b),
  shrU: shift(0x8d),
  mul: simd2(0x95),
  extendLowS: simd1(0x87),
  extendHighS: simd1(0x88),
  extendLowU: simd1(0x89),
  extendHighU: simd1(0x8a),
  narrowI32S: simd2(0x85),
  shrS: shift(0x8c),
  /** Signed bytes times 7-bit bytes, neighbours added. Exact while the second operand is 0..127. Operands should be locals. */
  dotI8x16I7x16: (a: V128, b: V128): V128 => ({
    type: 'v128',
    emit: (context) => (context.arithmetic === 'plain' ? plainDot : relaxedDot)(a, b).emit(context),
  }),
}

export const i32x4 = {
  splat: splat(0x11),
  splatConst: (value: number) => vectorConst(new Int32Array(4).fill(value)),
  constant: (a: number, b: number, c: number, d: number) => vectorConst(Int32Array.of(a, b, c, d)),
  add: simd2(0xae),
  sub: simd2(0xb1),
  mul: simd2(0xb5),
  shl: shift(0xab),
  shrS: shift(0xac),
  shrU: shift(0xad),
  eq: simd2(0x37),
  ltS: simd2(0x39),
  gtS: simd2(0x3b),
  minS: simd2(0xb6),
  dotI16x8S: simd2(0xba),
  extendLowI16S: simd1(0xa7),
  extendHighI16S: simd1(0xa8),
  extaddPairwiseI16S: simd1(0x7e),
  truncSatF32S: simd1(0xf8),
  extractLane: (a: V128, lane: number): I32 => prefixed('i32', 0xfd, 0x1b, [a], [lane]),
  /** Four byte products a lane, added to `c`; only for arithmetic `relaxed-i32`. */
  relaxedDotI8x16I7x16AddS: simd3(0x113),
}

const relaxedDot = simd2(0x112)

/** The same from 16-bit products: even and odd bytes apart. */
function plainDot(a: V128, b: V128): V128 {
  const even = i16x8.mul(i16x8.shrS(i16x8.shl(a, 8), 8), v128.and(b, i16x8.splatConst(0xff)))
  return i16x8.add(even, i16x8.mul(i16x8.shrS(a, 8), i16x8.shrU(b, 8)))
}

export const f32x4 = {
  splat: splat(0x13),
  splatConst: (value: number) => vectorConst(new Float32Array(4).fill(value)),
  add: simd2(0xe4),
  sub: simd2(0xe5),
  mul: simd2(0xe6),
  div: simd2(0xe7),
  min: simd2(0xe8),
  max: simd2(0xe9),
  /** The second where it is less, else the first; one instruction where `min` takes several for NaN and -0. */
  pmin: simd2(0xea),
  /** The second where it is greater, else the first. */
  pmax: simd2(0xeb),
  abs: simd1(0xe0),
  neg: simd1(0xe1),
  sqrt: simd1(0xe3),
  nearest: simd1(0x6a),
  gt: simd2(0x44),
  lt: simd2(0x43),
  convertI32S: simd1(0xfa),
  convertI32U: simd1(0xfb),
  extractLane: (a: V128, lane: number): F32 => prefixed('f32', 0xfd, 0x1f, [a], [lane]),
  replaceLane: (a: V128, lane: number, value: F32): V128 => prefixed('v128', 0xfd, 0x20, [a, value], [lane]),
  /** a * b + c, rounded once or twice as the engine likes. */
  madd: (a: V128, b: V128, c: V128): V128 => ({
    type: 'v128',
    emit: (context) =>
      (context.arithmetic === 'plain' ? f32x4.add(f32x4.mul(a, b), c) : relaxedMadd(a, b, c)).emit(context),
  }),
}

const relaxedMadd = simd3(0x105)

export const convert = { i32ToF32: unary('f32', 0xb2) }
