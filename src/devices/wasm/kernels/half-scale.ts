/**
 * f16 scales without f16 instructions: shifted into f32 position, an f16 is right but for a factor of 2^-112 (the difference of the
 * exponent biases), denormals included. Kernels sum with such scales and multiply the sum by 2^112 once. Infinities and NaN are not
 * represented; block scales have none.
 */
import { i32x4, v128 } from '../asm/expression.ts'
import type { Ptr, V128 } from '../asm/expression.ts'

export const twoTo112 = 2 ** 112

/** Four f16 at `address + offset` as f32 that are 2^112 too small. */
export function halfScale(address: Ptr, offset: number): V128 {
  return v128.and(i32x4.shl(v128.load16x4S(address, offset), 13), i32x4.splatConst(-0x70000001))
}
