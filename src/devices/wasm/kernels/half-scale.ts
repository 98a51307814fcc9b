/**
 * f16 scales without f16 instructions: shifted into f32 position, an f16 is right but for a factor of 2^-112 (the difference of the
 * exponent biases), denormals included. Kernels sum with such scales and multiply the sum by 2^112 once. Infinities and NaN are not
 * represented; block scales have none.
 */
import { f32x4, i32x4, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'
import type { FunctionBuilder } from '../asm/module.ts'

export const twoTo112 = 2 ** 112

/** Four f16 at `address + offset` as f32 that are 2^112 too small. */
export function halfScale(address: Ptr, offset: number): V128 {
  return v128.and(i32x4.shl(v128.load16x4S(address, offset), 13), i32x4.splatConst(-0x70000001))
}

/**
 * Four f16 at `address + offset` as f32, also such as are denormal in f16: processors take many cycles for a product with a denormal f32,
 * and super scales of real models are mostly below 2^-14.
 */
export function superScale(f: FunctionBuilder, address: Ptr, offset: number): V128 {
  const bits = f.local('v128', i32x4.shl(v128.load16x4S(address, offset), 13))
  const size = f.local('v128', v128.and(bits, i32x4.splatConst(0x0fffe000)))
  const smallestNormal = i32x4.splatConst((127 - 14) << 23)
  const normal = i32x4.add(size, i32x4.splatConst(112 << 23))
  // 2^-14 * (1 + mantissa) - 2^-14
  const denormal = f32x4.sub(v128.or(size, smallestNormal), smallestNormal)
  const isNormal = i32x4.gtS(size, i32x4.splatConst((1 << 23) - 1))
  return v128.or(v128.bitselect(normal, denormal, isNormal), v128.and(bits, i32x4.splatConst(-0x80000000)))
}
