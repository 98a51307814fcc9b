/** Functions of four floats at a time, and sums across lanes. */
import { f32x4, i32x4, i8x16 } from '../asm/expression.ts'
import type { F32, I32, V128 } from '../asm/expression.ts'
import type { FunctionBuilder } from '../asm/module.ts'

const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]
const oddLane = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]

function fold(f: FunctionBuilder, value: V128, join: (a: V128, b: V128) => V128): V128 {
  const folded = f.local('v128', value)
  f.set(folded, join(folded, i8x16.shuffle(folded, folded, upperHalf)))
  f.set(folded, join(folded, i8x16.shuffle(folded, folded, oddLane)))
  return folded
}

export const horizontalAdd = (f: FunctionBuilder, value: V128): F32 => f32x4.extractLane(fold(f, value, f32x4.add), 0)
export const horizontalMax = (f: FunctionBuilder, value: V128): F32 => f32x4.extractLane(fold(f, value, f32x4.max), 0)
export const horizontalAddI32 = (f: FunctionBuilder, value: V128): I32 =>
  i32x4.extractLane(fold(f, value, i32x4.add), 0)

/** 1.5 * 2^23: added to a small float, it leaves the float rounded to nearest even in the low bits of the sum. */
const roundingMagic = 12582912

/**
 * The nearest integers of floats below 2^22, as i32. Two plain instructions that V8 can pack; its saturating conversion takes six and
 * its rounding has no packed form.
 */
export const roundToI32 = (x: V128): V128 =>
  i32x4.sub(f32x4.add(x, f32x4.splatConst(roundingMagic)), i32x4.splatConst(0x4b400000))

/** x = n ln 2 + r with |r| <= ln 2 / 2, for x clamped to [-87.3, 88.3] (Cephes `expf`); gives e^r - 1 and 2^n, a normal number. */
function reduceExp(f: FunctionBuilder, x: V128): { readonly rest: V128; readonly power: V128 } {
  const c = f32x4.splatConst
  const clamped = f.local('v128', f32x4.pmin(f32x4.pmax(x, c(-87.3)), c(88.3)))
  // The low bits of `shifted` are n, so that shifting it into the exponent makes 2^n.
  const shifted = f.local('v128', f32x4.add(f32x4.mul(clamped, c(Math.LOG2E)), c(roundingMagic)))
  const n = f.local('v128', f32x4.sub(shifted, c(roundingMagic)))
  const r = f.local('v128', f32x4.madd(n, c(2.1219444e-4), f32x4.madd(n, c(-0.693359375), clamped)))
  const p = f.local('v128', c(1.98756915e-4))
  for (const coefficient of [1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]) {
    f.set(p, f32x4.madd(p, r, c(coefficient)))
  }
  const rest = f32x4.madd(p, f32x4.mul(r, r), r)
  return { rest, power: i32x4.add(i32x4.shl(shifted, 23), i32x4.splatConst(0x3f800000)) }
}

/** e^x to about 1 unit in the last place, for x in [-87.3, 88.3]; beyond, as at the border. */
export function exp(f: FunctionBuilder, x: V128): V128 {
  const { rest, power } = reduceExp(f, x)
  return f.local('v128', f32x4.mul(f32x4.add(rest, f32x4.splatConst(1)), power))
}

/** Of (2^r - 1) / r for |r| <= 1/2: least greatest relative error of 2^r, 9e-8. */
const exp2Coefficients = [
  0.6931469775978438, 0.2402224208312317, 0.05550733744247938, 0.00967151278526697, 0.00132647273,
]

/** Splits x, at most 126 in size, into a nearest integer n, in the exponent's place, and 2^(x - n). */
function reduceExp2(f: FunctionBuilder, x: V128): { readonly rest: V128; readonly exponent: V128 } {
  const c = f32x4.splatConst
  const shifted = f.local('v128', f32x4.add(x, c(roundingMagic)))
  const r = f.local('v128', f32x4.sub(x, f32x4.sub(shifted, c(roundingMagic))))
  const [highest = 0, ...lower] = exp2Coefficients.toReversed()
  const rest = f.local('v128', c(highest))
  for (const coefficient of [...lower, 1]) f.set(rest, f32x4.madd(rest, r, c(coefficient)))
  return { rest, exponent: i32x4.shl(shifted, 23) }
}

/** 2^x to about 2 units in the last place, exactly 1 at 0, for x in [-125, 127]; beyond, as at the border. Shorter than `exp`. */
export function exp2(f: FunctionBuilder, x: V128): V128 {
  const clamped = f.local('v128', f32x4.pmin(f32x4.pmax(x, f32x4.splatConst(-125)), f32x4.splatConst(127)))
  const { rest, exponent } = reduceExp2(f, clamped)
  return f.local('v128', i32x4.add(rest, exponent))
}

/** e^x for x of at most 0, exactly 1 at 0 and exactly 0 below -87.7; errors up to 1e-7 (1 + |x|). */
export function expOrZero(f: FunctionBuilder, x: V128): V128 {
  const c = f32x4.splatConst
  const { rest, exponent } = reduceExp2(f, f.local('v128', f32x4.pmax(f32x4.mul(x, c(Math.LOG2E)), c(-127))))
  // At -127 the exponent's bits are those of 0, a float that a product keeps.
  return f.local('v128', f32x4.mul(rest, i32x4.add(exponent, i32x4.splatConst(0x3f800000))))
}

/** e^x - 1 to about 2 units in the last place, also near 0, for x up to 88.3. */
export function expm1(f: FunctionBuilder, x: V128): V128 {
  const { rest, power } = reduceExp(f, x)
  const whole = f.local('v128', power)
  return f.local('v128', f32x4.madd(rest, whole, f32x4.sub(whole, f32x4.splatConst(1))))
}

/** Of log(1 + x) / x for x in [0, 1], lowest first: interpolated at Chebyshev's points, relative error 4e-8. */
const log1pCoefficients = [
  0.99999996593, -0.49999444976, 0.33318121708, -0.24835398989, 0.19076880736, -0.13602247623, 0.077516086744,
  -0.029074064679, 0.0051261021414,
] // prettier-ignore

/** log(1 + x) for x in [0, 1], to about 2 units in the last place. */
function log1p(f: FunctionBuilder, x: V128): V128 {
  const [highest = 0, ...lower] = log1pCoefficients.toReversed()
  const p = f.local('v128', f32x4.splatConst(highest))
  for (const coefficient of lower) f.set(p, f32x4.madd(p, x, f32x4.splatConst(coefficient)))
  return f.local('v128', f32x4.mul(p, x))
}

/** log(1 + e^x), with a small relative error where e^x is small. */
export function softplus(f: FunctionBuilder, x: V128): V128 {
  const magnitude = f.local('v128', f32x4.abs(x))
  const tail = log1p(f, exp(f, f32x4.neg(magnitude)))
  return f.local('v128', f32x4.add(f32x4.pmax(x, f32x4.splatConst(0)), tail))
}

export const sigmoid = (f: FunctionBuilder, x: V128): V128 =>
  f32x4.div(f32x4.splatConst(1), f32x4.add(f32x4.splatConst(1), exp(f, f32x4.neg(x))))

/** 1 - 2 / (e^2x + 1); absolute error about 1e-7. */
export const tanh = (f: FunctionBuilder, x: V128): V128 =>
  f32x4.sub(
    f32x4.splatConst(1),
    f32x4.div(f32x4.splatConst(2), f32x4.add(exp(f, f32x4.add(x, x)), f32x4.splatConst(1))),
  )

/** Of (2 P)^(-1/4), P the normal distribution's probability of less than -m: least greatest error of m P, 1.3e-8, for m up to 7. */
const tailCoefficients = [
  0.999999974459498, 0.1994735335190931, 0.09943601868896962, 0.026485757099953183, 0.0048286273068206135,
  0.0024254104681886565, -0.0008126471619341642, 0.0007848368240223547, -0.00031756260517314827, 9.15203791773884e-5,
  -1.4133798381455243e-5, 1.0767638957047547e-6,
]

/**
 * x times the normal distribution's probability of less than x, as max(x, 0) - |x| P with P that of less than -|x|: both parts are small
 * where the result is. Absolute error below 1.1e-7 for negative x, relative error below 7e-7 for positive.
 */
function gelu(f: FunctionBuilder, x: V128): V128 {
  const c = f32x4.splatConst
  // Beyond 10 the tail is below 1e-20, and further out its powers would underflow.
  const magnitude = f.local('v128', f32x4.pmin(f32x4.abs(x), c(10)))
  const [highest = 0, ...lower] = tailCoefficients.toReversed()
  const root = f.local('v128', c(highest))
  for (const coefficient of lower) f.set(root, f32x4.madd(root, magnitude, c(coefficient)))
  const square = f.local('v128', f32x4.div(c(1), f32x4.mul(root, root)))
  const tail = f32x4.mul(f32x4.mul(magnitude, c(0.5)), f32x4.mul(square, square))
  return f32x4.sub(f32x4.pmax(x, c(0)), tail)
}

export type ActivationKind = keyof typeof activations

export const activations = {
  silu: (f: FunctionBuilder, x: V128): V128 => f32x4.div(x, f32x4.add(f32x4.splatConst(1), exp(f, f32x4.neg(x)))),
  'gelu-tanh': (f: FunctionBuilder, x: V128): V128 => {
    const c = f32x4.splatConst
    const cubic = f32x4.mul(f32x4.mul(x, f32x4.madd(f32x4.mul(x, x), c(0.044715), c(1))), c(Math.sqrt(2 / Math.PI)))
    // 0.5 x (1 + tanh u) = x * sigmoid(2u)
    const u = f.local('v128', cubic)
    return f32x4.mul(x, sigmoid(f, f32x4.add(u, u)))
  },
  'gelu-erf': gelu,
  relu: (_f: FunctionBuilder, x: V128): V128 => f32x4.pmax(x, f32x4.splatConst(0)),
  sigmoid,
  tanh,
  exp,
  softplus,
} as const
